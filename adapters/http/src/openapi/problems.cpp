#include "openapi/problems.hpp"

#include "openapi/json_object.hpp"

#include <boost/json/array.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {
namespace {

constexpr std::string_view problem_schema_text = R"({
  "Problem": {
    "description": "Problem details (RFC 9457); may have more members",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
      "type": {"type": "string", "format": "uri"},
      "title": {"type": "string"},
      "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599},
      "detail": {"description": "for people", "type": "string"},
      "instance": {"description": "of this occurrence", "type": "string", "format": "uri"},
      "code": {"description": "for programs", "type": "string", "examples": ["not_found"]}}},
  "InvalidInputProblem": {
    "description": "Every violation in the request's document",
    "allOf": [
      {"$ref": "#/components/schemas/Problem"},
      {
        "type": "object",
        "required": ["errors"],
        "properties": {
          "more_errors": {
            "description": "true if `errors` is truncated",
            "type": "boolean"},
          "errors": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "type": "object",
              "required": ["pointer", "detail"],
              "properties": {
                "pointer": {
                  "description": "JSON pointer into the document; empty for the request as a whole",
                  "type": "string",
                  "examples": ["/lines/3/quantity"]},
                "detail": {"type": "string"}}}}}}]},
  "JobProblem": {
    "allOf": [
      {"$ref": "#/components/schemas/Problem"},
      {
        "type": "object",
        "required": ["job"],
        "properties": {"job": {"$ref": "#/components/schemas/Job"}}}]}})";

struct Response {
    std::string_view name;
    std::string_view description;
    std::string_view header = {}; ///< sent with it
    std::string_view schema = "Problem";
};

constexpr Response problem_kinds[] = {
    {"BadRequest", "The request is malformed"},
    {"Unauthenticated", "Missing or invalid credentials", "WWW-Authenticate"},
    {"Forbidden", "Missing permission"},
    {"NotFound", "No such resource, or not owned by the caller"},
    {"Gone", "The job has expired"},
    {"NotAcceptable", "The client accepts no available media type"},
    {"Conflict", "The job's status does not allow this"},
    {"JobConflict", "The job is completed or has failed", {}, "JobProblem"},
    {"SubmitConflict", "Another job holds the unique key"},
    {"ContentTooLarge", "The body is too long"},
    {"UnsupportedMediaType", "Unsupported media type", "Accept"},
    {"InvalidInput", "The document breaks rules", {}, "InvalidInputProblem"},
    {"TooManyRequests", "Quota exceeded", "Retry-After"},
    {"InternalError", "Internal error"},
    {"Unavailable", "Temporarily unavailable", "Retry-After"},
    {"Problem", "Any other error"},
};

} // namespace

boost::json::object problem_schemas() { return parse_object(problem_schema_text); }

boost::json::object problem_responses() {
    boost::json::object all;
    for (const auto& [name, description, header, schema] : problem_kinds) {
        boost::json::object response{{"description", description}};
        if (!header.empty()) response["headers"] = {{header, reference("headers", header)}};
        response["content"] = {
            {"application/problem+json", {{"schema", reference("schemas", schema)}}}};
        all.emplace(name, std::move(response));
    }
    return all;
}

boost::json::object common_problems(bool authenticated, bool may_forbid) {
    boost::json::object problems{{"400", reference("responses", "BadRequest")}};
    if (authenticated) problems.emplace("401", reference("responses", "Unauthenticated"));
    if (may_forbid) problems.emplace("403", reference("responses", "Forbidden"));
    problems.emplace("500", reference("responses", "InternalError"));
    problems.emplace("503", reference("responses", "Unavailable"));
    problems.emplace("default", reference("responses", "Problem"));
    return problems;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
