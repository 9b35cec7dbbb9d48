#pragma once

#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <cstddef>
#include <functional>
#include <vector>

/// Webhooks in a job API.
///
/// Ownership      Both borrow the Webhooks, which must outlive the API.
namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// Made for designated initialisers.
struct RouteOptions {
    http::Permit permit = {};
    std::size_t max_endpoints = 20; ///< 1-100; of an owner, who gets 409 for one more
};

/// Declares routes by which owners keep their endpoints themselves:
///
///     GET    /webhooks                       all of the caller's
///     GET    /webhooks/{name}                one
///     PUT    /webhooks/{name}                makes it, with a secret, or changes it
///     DELETE /webhooks/{name}
///     POST   /webhooks/{name}/rotate-secret  signs with the old one as well for a day
///
/// A secret is shown once, in the answer that it is made for. Endpoints are in JSON as
/// `{"name", "url", "events", "enabled", "disabled_because", "secret"}`.
///
/// Errors  Errc::invalid_argument for an option out of its range, or a route that is there.
ASYNCJOBS_WEBHOOKS_DECL void add_routes(http::JobApi& api, Webhooks& webhooks,
                                        RouteOptions options = {});

/// For ApiOptions::accompany: tells the owner's endpoints of each job that is submitted, and the
/// URL in the submit's query, `?callback_url=`, if there is one.
ASYNCJOBS_WEBHOOKS_DECL std::function<std::vector<NewJob>(const NewJob&, const http::Call&)>
accompany_by(Webhooks& webhooks);

/// For ApiOptions::accompany_retry: the same for each job that is started anew.
ASYNCJOBS_WEBHOOKS_DECL std::function<std::vector<NewJob>(const Job&, const http::Call&)>
accompany_retry_by(Webhooks& webhooks);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
