#include "operator_routes.hpp"

#include "job_api_impl.hpp"
#include "negotiation.hpp"
#include "openapi/json_object.hpp"
#include "openapi/operator_operations.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

void JobApi::Impl::add_operator_routes() {
    const auto add = [this](std::string_view path, RouteHandler handler, std::string_view operation,
                            bool blocks = true) {
        router_.add({.method = "GET",
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
        ready_path, [this](const Call& call) { return ready(call); }, openapi::get_readiness);
    if (options_.metrics)
        add(
            metrics_path, [this](const Call& call) { return metrics(call); }, openapi::get_metrics);
    if (options_.openapi.enabled)
        add(
            description_path, [this](const Call& call) { return description(call); },
            openapi::get_description);
}

Response JobApi::Impl::ready(const Call&) {
    admission_.check_not_draining();
    client_.find(JobId());
    return json_response(200, R"({"status":"ok"})");
}

Response JobApi::Impl::metrics(const Call&) {
    auto text = metrics_.render(
        {in_flight_, admission_.waiting(), admission_.streams(), response_memory_.used()},
        [this](const std::string& queue, const std::string& type) {
            return renderer_.workload(queue, type);
        });
    // Operators need metrics most while slow readers hold all memory of responses.
    auto memory = response_memory_.take_anyway(text.size());
    return {.status = 200,
            .headers = {{"Content-Type", Metrics::content_type}, {"Cache-Control", "no-store"}},
            .body = std::move(text),
            .memory = std::move(memory)};
}

Response JobApi::Impl::description(const Call& call) {
    const auto& text =
        description_.text({options_, router_.routes(), submit_routes_.generic_types()});
    Response response = json_response(200, text.document);
    response.headers.set("ETag", text.etag);
    response.headers.set("Cache-Control", "no-cache");
    return unless_current(std::move(response), call.request.headers);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
