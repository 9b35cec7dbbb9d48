#include "routes/event_route.hpp"

#include "openapi/job_operations.hpp"
#include "openapi/json_object.hpp"

#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

void EventRoute::add_to(Router& router) {
    router.add({.method = "GET",
                .path = parts_.options.prefix + "/jobs/{id}/events",
                .handler = [this](const Call& call) { return events(call); },
                .operation = openapi::parse_object(openapi::follow_job)});
}

Response EventRoute::events(const Call& call) {
    check_accepts_events(call);
    const auto document = [this](const Job& job) {
        return std::get<std::string>(parts_.renderer.job_response(200, job).body);
    };
    // The hook may read any member of the job.
    const auto parts = parts_.options.transform_result ? JobParts::all : JobParts::outcome;
    return parts_.streams.job(call, parts_.jobs.find(call), {.document = document, .parts = parts});
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
