#include "components.hpp"

#include "json_object.hpp"
#include "problems.hpp"

namespace asyncjobs::http::openapi {
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
  "Retry-After": {
    "description": "seconds after which to ask again",
    "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 86400}},
  "WWW-Authenticate": {
    "description": "which credentials are wanted",
    "schema": {"type": "string"}}})";

constexpr std::string_view response_texts = R"({
  "Accepted": {
    "description": "The job is on the disk, and will be done",
    "headers": {
      "Location": {"$ref": "#/components/headers/Location"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AcceptedJob"}}},
    "links": {
      "status": {"$ref": "#/components/links/Status"},
      "result": {"$ref": "#/components/links/Result"},
      "cancel": {"$ref": "#/components/links/Cancel"}}},
  "Job": {
    "description": "The job; `Retry-After` if it is not finished",
    "headers": {
      "ETag": {"$ref": "#/components/headers/ETag"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
  "ActiveJob": {
    "description": "The job, which is not finished yet",
    "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
  "RetriedJob": {
    "description": "The job, which will be done again",
    "headers": {
      "Location": {"$ref": "#/components/headers/Location"},
      "Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
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

} // namespace asyncjobs::http::openapi
