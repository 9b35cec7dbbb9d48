#include "openapi/job_schemas.hpp"

#include "openapi/json_object.hpp"
#include "openapi/names.hpp"

#include <asyncjobs/job.hpp>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {
namespace {

/// Every member of a job's documents except `status`.
constexpr std::string_view members = R"({
  "job_id": {"$ref": "#/components/schemas/JobId"},
  "type": {"$ref": "#/components/schemas/JobType"},
  "progress": {"description": "in percent", "type": "integer", "format": "int32", "minimum": 0, "maximum": 100},
  "message": {"description": "current step; may be empty", "type": "string"},
  "result": {"$ref": "#/components/schemas/Result"},
  "result_url": {"type": "string", "format": "uri-reference"},
  "error": {"$ref": "#/components/schemas/JobError"},
  "created_at": {"type": "string", "format": "date-time"},
  "started_at": {"description": "of the latest attempt", "type": "string", "format": "date-time"},
  "updated_at": {"type": "string", "format": "date-time"},
  "cancel_requested_at": {"type": "string", "format": "date-time"},
  "estimated_completion": {"type": "string", "format": "date-time"},
  "attempt": {"description": "number of failed attempts; present while another attempt is due", "type": "integer", "format": "int32", "minimum": 1},
  "last_error": {"$ref": "#/components/schemas/JobError"},
  "next_attempt_at": {"type": "string", "format": "date-time"},
  "completed_at": {"type": "string", "format": "date-time"},
  "failed_at": {"type": "string", "format": "date-time"},
  "cancelled_at": {"type": "string", "format": "date-time"},
  "expires_at": {"description": "from then on, requests for the job return 410", "type": "string", "format": "date-time"},
  "status_url": {"type": "string", "format": "uri-reference"}})";

constexpr std::string_view other_schemas = R"({
  "JobId": {
    "type": "string",
    "pattern": "^job-[0-9]{8}-[0-9abcdefghjkmnpqrstvwxyz]{26}$",
    "examples": ["job-20250108-01jh2m3n4p5q6r7s8t9vawbxcy"]},
  "JobType": {
    "type": "string",
    "pattern": "^[A-Za-z0-9._:/-]{1,100}$"},
  "JobStatus": {
    "type": "string",
    "enum": ["pending", "processing", "completed", "failed", "cancelled"]},
  "JobError": {
    "type": "object",
    "required": ["code", "message", "details"],
    "properties": {
      "code": {"description": "for programs", "type": "string"},
      "message": {"description": "for people", "type": "string"},
      "details": {"description": "depends on the code; `null` if none"}}},
  "JobErrorSummary": {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
      "code": {"description": "for programs", "type": "string"},
      "message": {"description": "for people", "type": "string"}}},
  "JobPage": {
    "type": "object",
    "required": ["jobs"],
    "properties": {
      "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/JobSummary"}},
      "next_cursor": {
        "description": "cursor of the next page; absent on the last",
        "type": "string"}}}})";

using Names = std::vector<std::string_view>;

boost::json::object document(JobStatus status, const Names& always, const Names& sometimes = {}) {
    const auto known = parse_object(members);
    const std::string name(to_string(status));
    boost::json::array required{"job_id", "status"};
    boost::json::object properties{{"job_id", known.at("job_id")},
                                   {"status", {{"type", "string"}, {"const", name}}}};
    for (const auto& member : always) {
        required.emplace_back(boost::json::string_view(member.data(), member.size()));
        properties.emplace(member, known.at(member));
    }
    for (const auto& member : sometimes) properties.emplace(member, known.at(member));
    return {{"type", "object"},
            {"required", std::move(required)},
            {"properties", std::move(properties)}};
}

boost::json::object status_document(JobStatus status) {
    switch (status) {
    case JobStatus::pending:
        return document(status, {"progress", "created_at", "updated_at"},
                        {"cancel_requested_at", "estimated_completion", "attempt", "last_error",
                         "next_attempt_at"});
    case JobStatus::processing:
        return document(status, {"progress", "message", "created_at", "started_at", "updated_at"},
                        {"cancel_requested_at", "estimated_completion"});
    case JobStatus::completed:
        return document(status, {"progress", "result", "result_url", "created_at", "completed_at"},
                        {"started_at", "expires_at"});
    case JobStatus::failed:
        return document(status, {"error", "created_at", "failed_at"}, {"started_at", "expires_at"});
    case JobStatus::cancelled:
        break;
    }
    return document(status, {"created_at", "cancelled_at"}, {"expires_at"});
}

void remove(boost::json::object& document, std::string_view member) {
    document.at("properties").as_object().erase(member);
    auto& required = document.at("required").as_array();
    for (auto at = required.begin(); at != required.end();)
        at = *at == boost::json::string_view(member) ? required.erase(at) : at + 1;
}

/// The status document with a link to the job.
boost::json::object linked_document(JobStatus status) {
    auto linked = status_document(status);
    linked.at("properties")
        .as_object()
        .emplace("status_url", parse_object(members).at("status_url"));
    linked.at("required").as_array().emplace_back("status_url");
    return linked;
}

/// The document in a list: without members that can be large or need a query of other jobs.
boost::json::object summary_document(JobStatus status) {
    auto summary = status_document(status);
    remove(summary, "result");
    remove(summary, "estimated_completion");
    const auto known = parse_object(members);
    auto& properties = summary.at("properties").as_object();
    for (const auto* member : {"type", "status_url"}) {
        properties.emplace(member, known.at(member));
        summary.at("required").as_array().emplace_back(member);
    }
    for (const auto* member : {"error", "last_error"})
        if (properties.contains(member))
            properties[member] = reference("schemas", "JobErrorSummary");
    return summary;
}

/// One of five documents; `status` is the discriminator.
void add_alternatives(boost::json::object& schemas, std::string_view name,
                      boost::json::object (*document_of)(JobStatus)) {
    boost::json::array alternatives;
    boost::json::object mapping;
    for (const auto status : {JobStatus::pending, JobStatus::processing, JobStatus::completed,
                              JobStatus::failed, JobStatus::cancelled}) {
        const auto text = to_string(status);
        const auto key = pascal_case(text) + std::string(name);
        schemas.emplace(key, document_of(status));
        auto target = reference("schemas", key);
        mapping.emplace(text, target.at("$ref"));
        alternatives.push_back(std::move(target));
    }
    schemas.emplace(
        name, boost::json::object{{"oneOf", std::move(alternatives)},
                                  {"discriminator",
                                   {{"propertyName", "status"}, {"mapping", std::move(mapping)}}}});
}

} // namespace

boost::json::object job_schemas(std::size_t max_page) {
    auto schemas = parse_object(other_schemas);
    auto& page = schemas.at("JobPage").at("properties");
    page.at("jobs").as_object().emplace("maxItems", max_page);
    add_alternatives(schemas, "Job", status_document);
    add_alternatives(schemas, "LinkedJob", linked_document);
    add_alternatives(schemas, "JobSummary", summary_document);
    schemas.emplace("AcceptedJob", document(JobStatus::pending, {"created_at", "status_url"},
                                            {"estimated_completion"}));
    return schemas;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
