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
    std::size_t max_endpoints = 20; ///< 1-100; of one owner; one more gets 409
};

/// Declares routes by which owners manage their endpoints:
///
///     GET    /webhooks                       lists the caller's endpoints
///     GET    /webhooks/{name}                returns one
///     PUT    /webhooks/{name}                creates it, with a secret, or changes it
///     DELETE /webhooks/{name}
///     POST   /webhooks/{name}/rotate-secret  returns a new secret; for a day, both sign
///
/// A secret is returned only by the request that creates it. Endpoints are in JSON as
/// `{"name", "url", "events", "enabled", "disabled_because", "secret"}`.
///
/// Errors  Errc::invalid_argument for an option out of its range, or a route that exists already.
ASYNCJOBS_WEBHOOKS_DECL void add_routes(http::JobApi& api, Webhooks& webhooks,
                                        RouteOptions options = {});

/// For ApiOptions::companion_jobs: deliveries of each submitted job to its owner's endpoints, and
/// to the URL in the submit's query, `?callback_url=`, if any.
ASYNCJOBS_WEBHOOKS_DECL std::function<std::vector<NewJob>(const NewJob&, const http::Call&)>
companion_jobs_of(Webhooks& webhooks);

/// For ApiOptions::companion_jobs_for_retry: the same for each job that is retried.
ASYNCJOBS_WEBHOOKS_DECL std::function<std::vector<NewJob>(const Job&, const http::Call&)>
companion_jobs_for_retry_of(Webhooks& webhooks);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
