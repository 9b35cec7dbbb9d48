#include "guard/cors.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

constexpr auto readable =
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Idempotent-Replayed, Location, "
    "Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, Sunset, WWW-Authenticate";
constexpr auto sendable = "Authorization, Content-Type, Idempotency-Key, If-None-Match, "
                          "If-Range, Last-Event-ID, Prefer, Range, traceparent";

bool is_allowed(const ApiOptions& options, const Request& request) {
    const auto* origin = request.headers.find("Origin");
    return origin && std::ranges::find(options.cors_origins, *origin) != options.cors_origins.end();
}

} // namespace

bool is_origin(std::string_view text) noexcept {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!text.starts_with(scheme)) continue;
        text.remove_prefix(scheme.size());
        return !text.empty() && std::ranges::all_of(text, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                   std::string_view("-.:[]").find(c) != std::string_view::npos;
        });
    }
    return false;
}

void allow_origin(const ApiOptions& options, const Request& request, Response& response) {
    if (options.cors_origins.empty()) return;
    response.headers.add("Vary", "Origin");
    if (!is_allowed(options, request)) return;
    response.headers.set("Access-Control-Allow-Origin", *request.headers.find("Origin"));
    response.headers.set("Access-Control-Expose-Headers", readable);
    if (options.cors_credentials) response.headers.set("Access-Control-Allow-Credentials", "true");
}

void allow_preflight(const ApiOptions& options, const Request& request, Response& response) {
    if (!request.headers.find("Access-Control-Request-Method") || !is_allowed(options, request))
        return;
    response.headers.set("Access-Control-Allow-Methods", *response.headers.find("Allow"));
    response.headers.set("Access-Control-Allow-Headers", sendable);
    response.headers.set("Access-Control-Max-Age", "600");
}

bool is_forged(const ApiOptions& options, const Request& request) {
    if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS")
        return false;
    const auto* site = request.headers.find("Sec-Fetch-Site");
    return site && *site != "same-origin" && *site != "none" && !is_allowed(options, request);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
