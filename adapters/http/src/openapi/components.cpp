#include "components.hpp"

#include "json_object.hpp"
#include "problems.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {
namespace {

constexpr std::string_view parameter_texts = R"({
  "JobId": {
    "name": "id", "in": "path", "required": true,
    "schema": {"$ref": "#/components/schemas/JobId"}},
  "Status": {
    "name": "status", "in": "query",
    "schema": {"$ref": "#/components/schemas/JobStatus"}},
  "Type": {
    "name": "type", "in": "query",
    "description": "without it, a list has no jobs of the service's own, whose types begin with `asyncjobs.`",
    "schema": {"$ref": "#/components/schemas/JobType"}},
  "Limit": {
    "name": "limit", "in": "query",
    "description": "jobs on a page; more than the service allows is taken as what it allows",
    "schema": {"type": "integer", "format": "int64", "minimum": 1}},
  "Cursor": {
    "name": "cursor", "in": "query",
    "description": "the `next_cursor` of the page before, of a list with the same status and type",
    "schema": {"type": "string"}},
  "IfNoneMatch": {
    "name": "If-None-Match", "in": "header",
    "description": "the `ETag` of what the client has; if that is current, the answer is 304",
    "schema": {"type": "string"}},
  "Prefer": {
    "name": "Prefer", "in": "header",
    "description": "`wait=N`: a submit is answered when the job has finished, a request that knows the job's state (`If-None-Match`) when that changes, and either after N seconds at the latest",
    "schema": {"type": "string", "examples": ["wait=30"]}},
  "IdempotencyKey": {
    "name": "Idempotency-Key", "in": "header",
    "description": "the same key again, with the same document, is the same job and gets the same answer; with another document it is refused",
    "schema": {"type": "string", "minLength": 1, "maxLength": 257, "pattern": "^[!-~]+$"}},
  "Traceparent": {
    "name": "traceparent", "in": "header",
    "description": "the trace that the job goes on with, after W3C Trace Context",
    "schema": {"type": "string"}},
  "LastEventId": {
    "name": "Last-Event-ID", "in": "header",
    "description": "the id of the last event that the client has seen",
    "schema": {"type": "string"}}})";

constexpr std::string_view header_texts = R"({
  "Accept": {
    "description": "what the body may be",
    "schema": {"type": "string"}},
  "ETag": {
    "description": "names what the answer shows; changes with it",
    "schema": {"type": "string"}},
  "Location": {
    "description": "where to go on",
    "schema": {"type": "string", "format": "uri-reference"}},
  "Idempotent-Replayed": {
    "description": "there, if this is the answer to an earlier request with the same key",
    "schema": {"type": "string", "const": "true"}},
  "Preference-Applied": {
    "description": "how long the answer might have waited",
    "schema": {"type": "string"}},
  "RateLimit": {
    "description": "how many submits are left, and after how many seconds all are again",
    "schema": {"type": "string", "examples": ["\"submits\";r=99;t=1"]}},
  "RateLimit-Policy": {
    "description": "how many submits there may be in how many seconds",
    "schema": {"type": "string", "examples": ["\"submits\";q=100;w=60"]}},
  "Retry-After": {
    "description": "seconds after which to ask again",
    "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 86400}},
  "Sunset": {
    "description": "when the finished job will be deleted",
    "schema": {"type": "string"}},
  "WWW-Authenticate": {
    "description": "which credentials are wanted",
    "schema": {"type": "string"}}})";

constexpr std::string_view response_texts = R"({
  "Accepted": {
    "description": "The job is on the disk, and will be done; its status, if the answer has waited for it",
    "headers": {
      "Location": {"$ref": "#/components/headers/Location"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"},
      "Preference-Applied": {"$ref": "#/components/headers/Preference-Applied"},
      "Idempotent-Replayed": {"$ref": "#/components/headers/Idempotent-Replayed"},
      "RateLimit": {"$ref": "#/components/headers/RateLimit"},
      "RateLimit-Policy": {"$ref": "#/components/headers/RateLimit-Policy"}},
    "content": {
      "application/json": {
        "schema": {
          "anyOf": [
            {"$ref": "#/components/schemas/AcceptedJob"},
            {"$ref": "#/components/schemas/LinkedJob"}]}}},
    "links": {
      "status": {"$ref": "#/components/links/Status"},
      "events": {"$ref": "#/components/links/Events"},
      "result": {"$ref": "#/components/links/Result"},
      "cancel": {"$ref": "#/components/links/Cancel"}}},
  "Job": {
    "description": "The job; `Retry-After` if it is not finished, `Sunset` if it is",
    "headers": {
      "ETag": {"$ref": "#/components/headers/ETag"},
      "Preference-Applied": {"$ref": "#/components/headers/Preference-Applied"},
      "Sunset": {"$ref": "#/components/headers/Sunset"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
  "ActiveJob": {
    "description": "The job, which is not finished yet",
    "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LinkedJob"}}}},
  "RetriedJob": {
    "description": "The job, which will be done again",
    "headers": {
      "RateLimit": {"$ref": "#/components/headers/RateLimit"},
      "RateLimit-Policy": {"$ref": "#/components/headers/RateLimit-Policy"},
      "Location": {"$ref": "#/components/headers/Location"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LinkedJob"}}}},
  "NotModified": {
    "description": "The client has it already",
    "headers": {"ETag": {"$ref": "#/components/headers/ETag"}}},
  "Healthy": {
    "description": "Yes",
    "content": {
      "application/json": {
        "schema": {
          "type": "object",
          "required": ["status"],
          "properties": {"status": {"type": "string", "const": "ok"}}}}}}})";

constexpr std::string_view link_texts = R"({
  "Status": {
    "operationId": "getJob",
    "parameters": {"id": "$response.body#/job_id"}},
  "Events": {
    "operationId": "followJob",
    "parameters": {"id": "$response.body#/job_id"}},
  "Result": {
    "operationId": "getJobResult",
    "parameters": {"id": "$response.body#/job_id"}},
  "Cancel": {
    "operationId": "cancelJob",
    "parameters": {"id": "$response.body#/job_id"}}})";

} // namespace

boost::json::object parameters(std::size_t default_page) {
    auto all = parse_object(parameter_texts);
    all.at("Limit").at("schema").as_object().emplace("default", default_page);
    return all;
}

boost::json::object headers() { return parse_object(header_texts); }

boost::json::object responses() {
    auto all = parse_object(response_texts);
    add_missing(all, problem_responses());
    return all;
}

boost::json::object links() { return parse_object(link_texts); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
