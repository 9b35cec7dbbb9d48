#pragma once

#include "message/router.hpp"

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/job_api.hpp>

#include <string>
#include <variant>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The route of a request, with the parameters of its target.
struct Routed {
    const Route* route = nullptr;
    Parameters parameters = {};
    Parameters query = {};
    std::string who = {}; ///< see limit_key(); empty until known
};

/// Takes a request to the handler of its route: routes, authenticates, asks the route's permit.
///
/// Thread-safety  Full.
/// Errors         A refusal is a Problem.
class Dispatcher {
public:
    /// The arguments must outlive this.
    Dispatcher(const ApiOptions& options, const Router& router)
        : options_(options), router_(router) {}

    /// Returns the route, or a response that needs none. Never blocks.
    std::variant<Routed, Response> find_route(const Request& request) const;

    /// Whether perform() runs on the thread that calls handle(): it does not block, or the API has
    /// no threads.
    bool runs_inline(const Route& route) const noexcept;

    /// Calls the route's handler, and notes whose request it is.
    HandlerResult perform(Routed& routed, const Request& request) const;

private:
    Response options_response(const Request& request,
                              const std::vector<std::string>& methods) const;
    Principal authenticate(const Request& request) const;

    const ApiOptions& options_;
    const Router& router_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
