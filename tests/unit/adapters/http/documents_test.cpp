#include "observe/documents.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace asyncjobs::http;
using namespace std::chrono_literals;

namespace {

const Timestamp noon{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};
const Links links{"https://api.example.org/v1"};

Job make_job(JobStatus status) {
    Job job;
    job.id = JobId::make(noon, 1, 2);
    job.type = "sales_report";
    job.status = status;
    job.revision = 7;
    job.created_at = noon;
    job.updated_at = noon + 2s;
    job.started_at = noon + 1s;
    if (!is_finished(status)) return job;
    job.finished_at = noon + 3s;
    job.expires_at = noon + 1h;
    return job;
}

std::vector<std::string> members(const std::string& document) {
    std::vector<std::string> names;
    const auto value = boost::json::parse(document);
    for (const auto& member : value.as_object()) names.emplace_back(member.key());
    return names;
}

std::string document(const Job& job, std::optional<Timestamp> expected = {}) {
    return status_document(job, transform_result(job, {}), links, expected);
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a processing job's document has the members of the contract") {
    Job job = make_job(JobStatus::processing);
    job.progress = {65, "Umsätze lesen"};
    const auto text = document(job, noon + 5min + 1us);
    CHECK(members(text) == Names{"job_id", "status", "progress", "message", "created_at",
                                 "started_at", "updated_at", "estimated_completion"});
    const auto value = boost::json::parse(text);
    CHECK(value.at("progress") == boost::json::value(65));
    CHECK(value.at("message").as_string() == "Umsätze lesen");
    CHECK(value.at("created_at").as_string() == "2025-01-08T12:00:00Z");
    CHECK(value.at("estimated_completion").as_string() == "2025-01-08T12:05:01Z");
    job.cancel_requested_at = noon;
    CHECK(boost::json::parse(document(job)).as_object().contains("cancel_requested_at"));
}

TEST_CASE("a pending job has no start time, even between attempts") {
    CHECK(members(document(make_job(JobStatus::pending))) ==
          Names{"job_id", "status", "progress", "created_at", "updated_at"});
}

TEST_CASE("a job between attempts has the last error and the time of the next attempt") {
    Job job = make_job(JobStatus::pending);
    job.attempt = 2;
    job.run_at = noon + 5min;
    job.error = JobError{"webhook_refused", "the receiver returned 500", JsonText::parse("[7]")};
    const auto value = boost::json::parse(document(job));
    CHECK(value.at("attempt") == boost::json::value(2));
    CHECK(value.at("last_error") ==
          boost::json::parse(
              R"({"code":"webhook_refused","message":"the receiver returned 500","details":[7]})"));
    CHECK(value.at("next_attempt_at").as_string() == "2025-01-08T12:05:00Z");
    const auto summary = boost::json::parse(summary_document(job, links));
    CHECK(summary.at("next_attempt_at") == value.at("next_attempt_at"));
    CHECK_FALSE(summary.at("last_error").as_object().contains("details"));
    job.error->code = "internal_error";
    CHECK(document(job).find("500") == std::string::npos);
    job.status = JobStatus::processing;
    CHECK_FALSE(boost::json::parse(document(job)).as_object().contains("last_error"));
}

TEST_CASE("a completed job's document contains the stored result unchanged") {
    Job job = make_job(JobStatus::completed);
    job.progress = {100, "done"};
    job.result = JsonText::parse(R"({"size": 1.50, "n": 12345678901234567890123})");
    const auto text = document(job);
    CHECK(members(text) == Names{"job_id", "status", "progress", "result", "result_url",
                                 "created_at", "started_at", "completed_at", "expires_at"});
    CHECK(text.find(job.result->text()) != std::string::npos);
    CHECK(boost::json::parse(text).at("result_url").as_string() ==
          "https://api.example.org/v1/jobs/" + std::string(job.id.text()) + "/result");
}

TEST_CASE("a failed job's document contains the handler's error") {
    Job job = make_job(JobStatus::failed);
    job.error = JobError{"E7005", "no such warehouse", JsonText::parse(R"({"warehouse":9})")};
    const auto text = document(job);
    CHECK(members(text) == Names{"job_id", "status", "error", "created_at", "started_at",
                                 "failed_at", "expires_at"});
    CHECK(boost::json::parse(text).at("expires_at") == "2025-01-08T13:00:00Z");
    CHECK(boost::json::parse(text).at("error") ==
          boost::json::parse(
              R"({"code":"E7005","message":"no such warehouse","details":{"warehouse":9}})"));
}

TEST_CASE("an exception's text never reaches a client") {
    Job job = make_job(JobStatus::failed);
    job.error = JobError{"internal_error", "SELECT secret", JsonText::parse("\"secret\"")};
    const auto text = document(job);
    CHECK(text.find("secret") == std::string::npos);
    CHECK(text.find("\"code\":\"internal_error\"") != std::string::npos);
    CHECK(summary_document(job, links).find("secret") == std::string::npos);
}

TEST_CASE("a cancelled job's document has the members of the contract") {
    CHECK(members(document(make_job(JobStatus::cancelled))) ==
          Names{"job_id", "status", "created_at", "cancelled_at", "expires_at"});
}

TEST_CASE("a document contains the job's URL on request") {
    for (const auto status : {JobStatus::pending, JobStatus::processing, JobStatus::completed,
                              JobStatus::failed, JobStatus::cancelled}) {
        const auto job = make_job(status);
        const auto text = status_document(job, transform_result(job, {}), links, {}, true);
        CHECK(boost::json::parse(text).at("status_url").as_string() ==
              "https://api.example.org/v1/jobs/" + std::string(job.id.text()));
    }
}

TEST_CASE("times have six decimals or none") {
    Job job = make_job(JobStatus::processing);
    job.created_at = noon + 100ms;
    const auto value = boost::json::parse(document(job));
    CHECK(value.at("created_at").as_string() == "2025-01-08T12:00:00.100000Z");
    CHECK(value.at("started_at").as_string() == "2025-01-08T12:00:01Z");
}

TEST_CASE("the ETag is the revision, with a hash of a result that differs from the stored one") {
    Job job = make_job(JobStatus::completed);
    job.result = JsonText::parse(R"({"file_url":"/a"})");
    CHECK(make_etag(job, transform_result(job, {})) == "\"7\"");
    const auto untouched = transform_result(job, [](const Job&, boost::json::value&) {});
    CHECK(make_etag(job, untouched) == "\"7\"");
    const auto sign = [](const char* url) {
        return
            [url](const Job&, boost::json::value& result) { result.as_object()["file_url"] = url; };
    };
    const auto first = transform_result(job, sign("/a?signature=1"));
    const auto second = transform_result(job, sign("/a?signature=2"));
    CHECK(first.text == R"({"file_url":"/a?signature=1"})");
    CHECK(make_etag(job, first) != "\"7\"");
    CHECK(make_etag(job, first) != make_etag(job, second));
    CHECK(make_etag(job, first) == make_etag(job, transform_result(job, sign("/a?signature=1"))));
}

TEST_CASE("a summary leaves out large members") {
    Job job = make_job(JobStatus::completed);
    job.result = JsonText::parse("[1,2,3]");
    CHECK(members(summary_document(job, links)) ==
          Names{"job_id", "type", "status", "progress", "result_url", "created_at", "started_at",
                "completed_at", "expires_at", "status_url"});
}
