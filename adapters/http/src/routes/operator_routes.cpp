#include "routes/operator_routes.hpp"

#include "message/negotiation.hpp"
#include "openapi/json_object.hpp"
#include "openapi/operator_operations.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

constexpr std::string_view health_path = "/healthz";
constexpr std::string_view ready_path = "/readyz";
constexpr std::string_view metrics_path = "/metrics";
constexpr std::string_view description_path = "/openapi.json";

} // namespace

void OperatorRoutes::add_to(Router& router) {
    const auto add = [&](std::string_view path, RouteHandler handler, std::string_view operation,
                         bool blocks = true) {
        router.add({.method = "GET",
                    .path = std::string(path),
                    .access = Access::anonymous,
                    .handler = std::move(handler),
                    .blocks = blocks,
                    .operation = openapi::parse_object(operation)});
    };
    add(
        health_path, [](const Call&) { return json_response(200, R"({"status":"ok"})"); },
        openapi::get_health, false);
    add(
        ready_path, [this](const Call&) { return ready(); }, openapi::get_readiness);
    if (parts_.options.metrics && !parts_.client.capabilities().workload)
        asyncjobs::detail::refuse_unsupported("metrics", "true", "workload");
    if (parts_.options.metrics)
        add(
            metrics_path, [this](const Call&) { return metrics(); }, openapi::get_metrics);
    if (parts_.options.openapi.enabled)
        add(
            description_path, [this](const Call& call) { return description(call); },
            openapi::get_description);
}

bool OperatorRoutes::serve(std::string_view path) const noexcept {
    return path == health_path || path == ready_path ||
           (parts_.options.metrics && path == metrics_path) ||
           (parts_.options.openapi.enabled && path == description_path);
}

Response OperatorRoutes::ready() const {
    parts_.admission.check_not_draining();
    parts_.client.find(JobId());
    return json_response(200, R"({"status":"ok"})");
}

Response OperatorRoutes::metrics() const {
    auto text = parts_.metrics.render({parts_.threads.in_flight(), parts_.admission.waiting(),
                                       parts_.admission.streams(), parts_.memory.used()},
                                      [this](const std::string& queue, const std::string& type) {
                                          return parts_.renderer.workload(queue, type);
                                      });
    // Operators need metrics most while slow readers hold all memory of responses.
    auto memory = parts_.memory.take_anyway(text.size());
    return {.status = 200,
            .headers = {{"Content-Type", Metrics::content_type}, {"Cache-Control", "no-store"}},
            .body = std::move(text),
            .memory = std::move(memory)};
}

Response OperatorRoutes::description(const Call& call) {
    const auto& text = description_.text(
        {parts_.options, parts_.router.routes(), parts_.submit_routes.generic_types()});
    Response response = json_response(200, text.document);
    response.headers.set("ETag", text.etag);
    response.headers.set("Cache-Control", "no-cache");
    return unless_current(std::move(response), call.request.headers);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
