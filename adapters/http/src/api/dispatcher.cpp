#include "api/dispatcher.hpp"

#include "guard/admission.hpp"
#include "guard/api_threads.hpp"
#include "guard/cors.hpp"
#include "message/target.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/bearer_token.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

bool is_known(std::string_view method) noexcept {
    constexpr std::array known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return std::ranges::find(known, method) != known.end();
}

} // namespace

std::variant<Routed, Response> Dispatcher::find_route(const Request& request) const {
    if (!is_known(request.method)) throw Problem(501, "not_implemented", "unknown method");
    if (request.method == "OPTIONS" && request.target == "*")
        return options_response(request, router_.methods());
    if (request.body.size() > options_.body_limit)
        throw Problem(413, "body_too_large",
                      fmt::format("the body must not exceed {} bytes", options_.body_limit));

    Target target = parse_target(request.target);
    auto match = router_.find(request.method == "HEAD" ? "GET" : request.method, target.segments);
    if (match.methods.empty()) throw Problem(404, "not_found", "no such resource");
    if (request.method == "OPTIONS") return options_response(request, match.methods);
    if (!match.route)
        throw Problem(405, "method_not_allowed", "method not allowed")
            .with_header("Allow", allow_list(match.methods));

    if (is_forged(options_, request)) throw Problem(403, "foreign_origin", "origin not allowed");
    return Routed{match.route, std::move(match.parameters), std::move(target.query)};
}

bool Dispatcher::runs_inline(const Route& route) const noexcept {
    if (options_.threads == 0) return true;
    if (route.blocks || route.permit) return false;
    return route.access == Access::anonymous || !authenticating_blocks(options_);
}

HandlerResult Dispatcher::perform(Routed& routed, const Request& request) const {
    const Route& route = *routed.route;
    Principal principal;
    if (route.access == Access::authenticated) principal = authenticate(request);
    if (route.permit && !route.permit(principal))
        throw Problem(403, "forbidden", "missing permission");
    routed.who = limit_key(principal.owner, request);
    return route.handler({request, principal, routed.parameters, routed.query});
}

Response Dispatcher::options_response(const Request& request,
                                      const std::vector<std::string>& methods) const {
    Response response{.status = 204, .headers = {{"Allow", allow_list(methods)}}};
    allow_preflight(options_, request, response);
    return response;
}

Principal Dispatcher::authenticate(const Request& request) const {
    if (!options_.authenticator) return {};
    auto principal = options_.authenticator(request);
    if (!principal)
        throw Problem(401, "unauthenticated", "missing or invalid credentials")
            .with_header("WWW-Authenticate",
                         bearer_token(request) ? R"(Bearer error="invalid_token")" : "Bearer");
    if (principal->owner.empty() || !asyncjobs::detail::is_label(principal->owner))
        throw std::logic_error("the authenticator returned a principal whose owner is empty, "
                               "longer than 255 bytes or holds control characters");
    return *std::move(principal);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
