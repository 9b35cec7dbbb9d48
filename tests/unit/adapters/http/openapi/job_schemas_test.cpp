#include "openapi/job_schemas.hpp"

#include "observe/documents.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <doctest/doctest.h>

#include <algorithm>

using namespace asyncjobs;
using namespace asyncjobs::http;

namespace {

const Timestamp some_time{std::chrono::hours{1}};
const Links job_links{"/v1"};

Job job(JobStatus status) {
    Job job{.id = JobId::make(some_time, 1, 2), .type = "note", .status = status};
    job.created_at = job.updated_at = some_time;
    if (status != JobStatus::pending) job.started_at = some_time;
    if (is_finished(status)) job.finished_at = job.expires_at = some_time;
    job.error = JobError{.code = "E1", .message = "no"};
    return job;
}

/// Checks that `document` has all required members of the schema, and no undeclared ones.
void check_members(const std::string& schema_name, const std::string& document) {
    CAPTURE(schema_name);
    CAPTURE(document);
    const auto schemas = openapi::job_schemas(200);
    const auto& schema = schemas.at(schema_name);
    const auto members = boost::json::parse(document).as_object();
    for (const auto& name : schema.at("required").as_array())
        CHECK(members.contains(name.as_string()));
    for (const auto& member : members) {
        CAPTURE(member.key());
        CHECK(schema.at("properties").as_object().contains(member.key()));
    }
    CHECK(schema.at("properties").at("status").at("const") == members.at("status"));
}

constexpr std::pair<JobStatus, const char*> kinds[] = {{JobStatus::pending, "PendingJob"},
                                                       {JobStatus::processing, "ProcessingJob"},
                                                       {JobStatus::completed, "CompletedJob"},
                                                       {JobStatus::failed, "FailedJob"},
                                                       {JobStatus::cancelled, "CancelledJob"}};

} // namespace

TEST_CASE(
    "a job's document has the members of its status's schema, with and without optional ones") {
    for (const auto& [status, name] : kinds) {
        auto full = job(status), bare = job(status);
        full.cancel_requested_at = some_time;
        full.attempt = 1;
        if (status != JobStatus::processing) bare.started_at.reset();
        bare.expires_at.reset();
        check_members(name, status_document(full, {}, job_links, some_time));
        check_members(name, status_document(bare, {}, job_links, std::nullopt));
        check_members(std::string(name) + "Summary", summary_document(full, job_links));
        check_members(std::string(name) + "Summary", summary_document(bare, job_links));
    }
}

TEST_CASE("an accepted job's document has the members of its schema") {
    const auto id = JobId::make(some_time, 1, 2);
    check_members("AcceptedJob", accepted_document(id, some_time, job_links, some_time));
    check_members("AcceptedJob", accepted_document(id, some_time, job_links, std::nullopt));
}

TEST_CASE("an error has all members in a status and no details in a list") {
    const auto schemas = openapi::job_schemas(200);
    const auto names = [](const boost::json::value& object) {
        boost::json::array all;
        for (const auto& member : object.as_object()) all.emplace_back(member.key());
        return all;
    };
    const auto failed = job(JobStatus::failed);
    CHECK(names(boost::json::parse(status_document(failed, {}, job_links, {})).at("error")) ==
          schemas.at("JobError").at("required").as_array());
    CHECK(names(boost::json::parse(summary_document(failed, job_links)).at("error")) ==
          schemas.at("JobErrorSummary").at("required").as_array());
}

TEST_CASE("a page has no more jobs than the API allows") {
    CHECK(openapi::job_schemas(7).at("JobPage").at_pointer("/properties/jobs/maxItems") == 7);
}

TEST_CASE("the discriminator of documents is their status") {
    const auto schemas = openapi::job_schemas(200);
    for (const std::string suffix : {"", "Summary"}) {
        const auto& job = schemas.at("Job" + suffix);
        CHECK(job.at("oneOf").as_array().size() == 5);
        for (const auto& [status, name] : kinds) {
            const auto target =
                job.at_pointer("/discriminator/mapping/" + std::string(to_string(status)));
            CHECK(std::string(target.as_string()) ==
                  "#/components/schemas/" + std::string(name) + suffix);
        }
    }
}
