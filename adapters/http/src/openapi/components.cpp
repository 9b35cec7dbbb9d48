#include "openapi/components.hpp"

#include "openapi/json_object.hpp"
#include "openapi/problems.hpp"

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
    "description": "only jobs of this type; without it, the service's internal jobs (types `asyncjobs.*`) are left out",
    "schema": {"$ref": "#/components/schemas/JobType"}},
  "Limit": {
    "name": "limit", "in": "query",
    "description": "maximum number of jobs on a page; lowered to the service's limit",
    "schema": {"type": "integer", "format": "int64", "minimum": 1}},
  "Cursor": {
    "name": "cursor", "in": "query",
    "description": "`next_cursor` of the previous page, with the same status and type",
    "schema": {"type": "string"}},
  "IfNoneMatch": {
    "name": "If-None-Match", "in": "header",
    "description": "`ETag` of the client's copy; returns 304 if it is current",
    "schema": {"type": "string"}},
  "Prefer": {
    "name": "Prefer", "in": "header",
    "description": "`wait=N`: waits up to N seconds; a submit until the job has finished, a GET with `If-None-Match` until the ETag changes",
    "schema": {"type": "string", "examples": ["wait=30"]}},
  "IdempotencyKey": {
    "name": "Idempotency-Key", "in": "header",
    "description": "a repeated request with the same key and document returns the first response and creates no job; another document with the same key is refused",
    "schema": {"type": "string", "minLength": 1, "maxLength": 257, "pattern": "^[!-~]+$"}},
  "Traceparent": {
    "name": "traceparent", "in": "header",
    "description": "W3C Trace Context; the job continues this trace",
    "schema": {"type": "string"}},
  "LastEventId": {
    "name": "Last-Event-ID", "in": "header",
    "description": "id of the last event that the client received",
    "schema": {"type": "string"}}})";

constexpr std::string_view header_texts = R"({
  "Accept": {
    "description": "accepted media types of the body",
    "schema": {"type": "string"}},
  "ETag": {
    "description": "version of the representation; changes with it",
    "schema": {"type": "string"}},
  "Location": {
    "description": "URL to follow",
    "schema": {"type": "string", "format": "uri-reference"}},
  "Idempotent-Replayed": {
    "description": "present if this is the response to an earlier request with the same key",
    "schema": {"type": "string", "const": "true"}},
  "Preference-Applied": {
    "description": "the granted wait",
    "schema": {"type": "string"}},
  "RateLimit": {
    "description": "submits left, and seconds until the quota is full again",
    "schema": {"type": "string", "examples": ["\"submits\";r=99;t=1"]}},
  "RateLimit-Policy": {
    "description": "submits allowed, and the period in seconds",
    "schema": {"type": "string", "examples": ["\"submits\";q=100;w=60"]}},
  "Retry-After": {
    "description": "seconds to wait before the next request",
    "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 86400}},
  "Sunset": {
    "description": "when the finished job expires",
    "schema": {"type": "string"}},
  "WWW-Authenticate": {
    "description": "the required authentication scheme",
    "schema": {"type": "string"}}})";

constexpr std::string_view response_texts = R"({
  "Accepted": {
    "description": "Accepted: the job is durably stored. Contains its status if the request waited for it.",
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
    "description": "The job; with `Retry-After` while it is active, `Sunset` once it has finished",
    "headers": {
      "ETag": {"$ref": "#/components/headers/ETag"},
      "Preference-Applied": {"$ref": "#/components/headers/Preference-Applied"},
      "Sunset": {"$ref": "#/components/headers/Sunset"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
  "ActiveJob": {
    "description": "The job, which has not finished",
    "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LinkedJob"}}}},
  "RetriedJob": {
    "description": "The job, which will run again",
    "headers": {
      "RateLimit": {"$ref": "#/components/headers/RateLimit"},
      "RateLimit-Policy": {"$ref": "#/components/headers/RateLimit-Policy"},
      "Location": {"$ref": "#/components/headers/Location"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LinkedJob"}}}},
  "NotModified": {
    "description": "The client's copy is current",
    "headers": {"ETag": {"$ref": "#/components/headers/ETag"}}},
  "Healthy": {
    "description": "Healthy",
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
