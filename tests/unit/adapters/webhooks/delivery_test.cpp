#include "delivery.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::webhooks;

const JobId job_id =
    JobId::make(Timestamp{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}}, 1, 2);
const Delivery to_crm{.endpoint = "crm"};

Job finished(JobStatus status) {
    Job job{.id = job_id, .status = status, .revision = 4};
    job.finished_at = Timestamp{std::chrono::sys_days{std::chrono::year{2025} / 1 / 9}};
    return job;
}

} // namespace

TEST_CASE("a delivery's id is made of its job's id and its destination") {
    const auto delivery = delivery_id(job_id, to_crm);
    CHECK(delivery == delivery_id(job_id, to_crm));
    CHECK(delivery != delivery_id(job_id, {.endpoint = "erp"}));
    CHECK(delivery != delivery_id(job_id, {.callback_url = "crm"}));
    CHECK(delivery != delivery_id(job_id, {.endpoint = "crm", .after_revision = 4}));
    CHECK(delivery != job_id);
    CHECK(delivery.text().substr(0, 21) == job_id.text().substr(0, 21));
    CHECK(delivery != delivery_id(JobId::make({}, 1, 3), to_crm));
}

TEST_CASE("a body has the event, its time and the job's id and status") {
    CHECK(message_of(finished(JobStatus::completed), to_crm, "https://example.com/v1/jobs/").body ==
          R"({"type":"job.completed","timestamp":"2025-01-09T00:00:00Z","data":{"job_id":")" +
              std::string(job_id.text()) + R"(","status":"completed","status_url":)" +
              R"("https://example.com/v1/jobs/)" + std::string(job_id.text()) +
              R"(","revision":4}})");
    CHECK(message_of(finished(JobStatus::failed), to_crm, "")
              .body.starts_with(R"({"type":"job.failed",)"));
    CHECK(message_of(finished(JobStatus::cancelled), to_crm, "")
              .body.ends_with(R"("status":"cancelled","revision":4}})"));
}

TEST_CASE("a message has its job's trace if that is valid") {
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const auto trace_with = [](std::string metadata) {
        auto job = finished(JobStatus::completed);
        job.metadata = JsonText::parse(std::move(metadata));
        return message_of(job, to_crm, "").traceparent;
    };
    CHECK(trace_with(R"({"tag": 1, "traceparent": ")" + trace + R"("})") == trace);
    for (const std::string metadata : {R"({})", R"({"traceparent": 7})", R"({"traceparent": "x"})",
                                       R"({"traceparent": "x\r\nwebhook-id: y"})"})
        CHECK(trace_with(metadata).empty());
    CHECK(message_of(finished(JobStatus::failed), to_crm, "").traceparent.empty());
}

TEST_CASE("two deliveries of a revision to one destination have the same message id") {
    const auto job = finished(JobStatus::completed);
    const auto message = message_of(job, to_crm, "").id;
    CHECK(message.starts_with("msg_"));
    CHECK(message == message_of(job, to_crm, "").id);
    CHECK(message != message_of(job, {.endpoint = "erp"}, "").id);
    auto retried = job;
    retried.revision = 9;
    CHECK(message != message_of(retried, to_crm, "").id);
}
