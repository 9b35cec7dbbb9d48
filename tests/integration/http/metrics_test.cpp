#include "served_api.hpp"

#include <doctest/doctest.h>

namespace {

bool has_line(const std::string& text, const std::string& line) {
    return text.starts_with(line + '\n') || text.find('\n' + line + '\n') != text.npos;
}

} // namespace

TEST_CASE("metrics show the load of the declared routes' queues, without authentication") {
    ServedApi served;
    served.client.submit(asyncjobs::NewJob{.type = "sales_report", .queue = "reports"});
    served.client.submit(asyncjobs::NewJob{.type = "sales_report", .queue = "reports"});
    served.client.set_paused("default", true);
    const auto response = served.ask("GET /metrics", "");
    CHECK(response.status == 200);
    CHECK(response.header("Content-Type").starts_with("text/plain; version=0.0.4"));
    CHECK(has_line(response.body, "# TYPE asyncjobs_jobs_waiting gauge"));
    CHECK(has_line(response.body, "asyncjobs_jobs_waiting{queue=\"reports\"} 2"));
    CHECK(has_line(response.body, "asyncjobs_jobs_processing{queue=\"reports\"} 0"));
    CHECK(has_line(response.body, "asyncjobs_queue_paused{queue=\"default\"} 1"));
    CHECK(has_line(response.body, "asyncjobs_queue_paused{queue=\"reports\"} 0"));
    CHECK(has_line(response.body, "asyncjobs_http_requests_in_flight 1"));
}

TEST_CASE("metrics count responses by status") {
    ServedApi served;
    CHECK(served.ask("GET /v1/jobs/nothing").status == 404);
    CHECK(served.ask("GET /v1/jobs/nothing").status == 404);
    CHECK(has_line(served.ask("GET /metrics").body,
                   "asyncjobs_http_responses_total{status=\"404\"} 2"));
}

TEST_CASE("metrics can be disabled") {
    ServedApi served({.api = {.metrics = false}});
    CHECK(served.ask("GET /metrics").status == 404);
}
