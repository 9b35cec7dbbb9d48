#pragma once

#include <asyncjobs/config.hpp>

#include <string_view>

/// OpenAPI Operation Objects of the API's own routes, without the members that depend on how a
/// route is mounted.
namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

inline constexpr std::string_view list_jobs = R"({
  "operationId": "listJobs",
  "summary": "List your jobs, newest first",
  "parameters": [
    {"$ref": "#/components/parameters/Status"},
    {"$ref": "#/components/parameters/Type"},
    {"$ref": "#/components/parameters/Limit"},
    {"$ref": "#/components/parameters/Cursor"}],
  "responses": {
    "200": {
      "description": "A page of jobs",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobPage"}}}},
    "406": {"$ref": "#/components/responses/NotAcceptable"}}})";

inline constexpr std::string_view get_job = R"({
  "operationId": "getJob",
  "summary": "Get a job's status",
  "description": "Returns 200 for a failed job, too. `Retry-After` is the time until the next poll; absent once the job has finished.",
  "parameters": [
    {"$ref": "#/components/parameters/JobId"},
    {"$ref": "#/components/parameters/IfNoneMatch"},
    {"$ref": "#/components/parameters/Prefer"}],
  "responses": {
    "200": {"$ref": "#/components/responses/Job"},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "406": {"$ref": "#/components/responses/NotAcceptable"},
    "429": {"$ref": "#/components/responses/TooManyRequests"}}})";

inline constexpr std::string_view follow_job = R"({
  "operationId": "followJob",
  "summary": "Follow a job by server-sent events",
  "description": "Sends the job's current state, then each change until it has finished. An event's id is the job's revision, its data the status document.",
  "parameters": [
    {"$ref": "#/components/parameters/JobId"},
    {"$ref": "#/components/parameters/LastEventId"}],
  "responses": {
    "200": {
      "description": "The events `job.updated`, `job.completed`, `job.failed`, `job.cancelled`",
      "content": {"text/event-stream": {"schema": {"type": "string"}}}},
    "204": {"description": "The client has received the final event"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "406": {"$ref": "#/components/responses/NotAcceptable"},
    "429": {"$ref": "#/components/responses/TooManyRequests"}}})";

inline constexpr std::string_view delete_job = R"({
  "operationId": "deleteJob",
  "summary": "Delete a finished job",
  "parameters": [{"$ref": "#/components/parameters/JobId"}],
  "responses": {
    "204": {"description": "Deleted"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "409": {"$ref": "#/components/responses/Conflict"}}})";

inline constexpr std::string_view get_job_result = R"({
  "operationId": "getJobResult",
  "summary": "Get a job's result",
  "parameters": [
    {"$ref": "#/components/parameters/JobId"},
    {"$ref": "#/components/parameters/IfNoneMatch"}],
  "responses": {
    "200": {
      "description": "The result",
      "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Result"}}}},
    "202": {"$ref": "#/components/responses/ActiveJob"},
    "303": {
      "description": "The result is a file; `Location` is its URL",
      "headers": {"Location": {"$ref": "#/components/headers/Location"}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "406": {"$ref": "#/components/responses/NotAcceptable"},
    "409": {"$ref": "#/components/responses/Conflict"}}})";

inline constexpr std::string_view cancel_job = R"({
  "operationId": "cancelJob",
  "summary": "Cancel a job",
  "description": "A job that has completed or failed is not changed.",
  "parameters": [{"$ref": "#/components/parameters/JobId"}],
  "responses": {
    "200": {"$ref": "#/components/responses/Job"},
    "202": {"$ref": "#/components/responses/ActiveJob"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "406": {"$ref": "#/components/responses/NotAcceptable"},
    "409": {"$ref": "#/components/responses/JobConflict"}}})";

inline constexpr std::string_view retry_job = R"({
  "operationId": "retryJob",
  "summary": "Run a failed or cancelled job again",
  "parameters": [{"$ref": "#/components/parameters/JobId"}],
  "responses": {
    "202": {"$ref": "#/components/responses/RetriedJob"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "406": {"$ref": "#/components/responses/NotAcceptable"},
    "409": {"$ref": "#/components/responses/Conflict"},
    "429": {"$ref": "#/components/responses/TooManyRequests"}}})";

inline constexpr std::string_view submit_job = R"({
  "operationId": "submitJob",
  "tags": ["jobs"],
  "summary": "Submit a job of one of the allowed types"})";

/// The responses of every submit route.
inline constexpr std::string_view submission_responses = R"({
  "202": {"$ref": "#/components/responses/Accepted"},
  "406": {"$ref": "#/components/responses/NotAcceptable"},
  "410": {"$ref": "#/components/responses/Gone"},
  "413": {"$ref": "#/components/responses/ContentTooLarge"},
  "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
  "422": {"$ref": "#/components/responses/InvalidInput"},
  "429": {"$ref": "#/components/responses/TooManyRequests"}})";

/// The parameters of every submit route.
inline constexpr std::string_view submission_parameters = R"([
  {"$ref": "#/components/parameters/IdempotencyKey"},
  {"$ref": "#/components/parameters/Prefer"},
  {"$ref": "#/components/parameters/Traceparent"}])";

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
