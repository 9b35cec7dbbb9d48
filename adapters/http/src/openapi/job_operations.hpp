#pragma once

#include <asyncjobs/config.hpp>

#include <string_view>

/// The API's own routes as OpenAPI Operation Objects, but for what follows from how they are
/// mounted.
namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

inline constexpr std::string_view list_jobs = R"({
  "operationId": "listJobs",
  "summary": "List your jobs, the newest first",
  "parameters": [
    {"$ref": "#/components/parameters/Status"},
    {"$ref": "#/components/parameters/Type"},
    {"$ref": "#/components/parameters/Limit"},
    {"$ref": "#/components/parameters/Cursor"}],
  "responses": {
    "200": {
      "description": "A page of them",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobPage"}}}},
    "406": {"$ref": "#/components/responses/NotAcceptable"}}})";

inline constexpr std::string_view get_job = R"({
  "operationId": "getJob",
  "summary": "Get a job's status",
  "description": "200 also for a job that has failed. `Retry-After` says when to ask again, and is absent once the job has finished.",
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
  "description": "First the job as it is, then its changes, until it has finished. An event's id is the job's revision, its data the status document.",
  "parameters": [
    {"$ref": "#/components/parameters/JobId"},
    {"$ref": "#/components/parameters/LastEventId"}],
  "responses": {
    "200": {
      "description": "The events `job.updated`, `job.completed`, `job.failed`, `job.cancelled`",
      "content": {"text/event-stream": {"schema": {"type": "string"}}}},
    "204": {"description": "The client has seen the last one"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "406": {"$ref": "#/components/responses/NotAcceptable"},
    "429": {"$ref": "#/components/responses/TooManyRequests"}}})";

inline constexpr std::string_view delete_job = R"({
  "operationId": "deleteJob",
  "summary": "Delete a finished job",
  "parameters": [{"$ref": "#/components/parameters/JobId"}],
  "responses": {
    "204": {"description": "It is gone"},
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
      "description": "The result is a file, and is there",
      "headers": {"Location": {"$ref": "#/components/headers/Location"}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "410": {"$ref": "#/components/responses/Gone"},
    "406": {"$ref": "#/components/responses/NotAcceptable"},
    "409": {"$ref": "#/components/responses/Conflict"}}})";

inline constexpr std::string_view cancel_job = R"({
  "operationId": "cancelJob",
  "summary": "Cancel a job",
  "description": "Never destroys a result: a job that is completed or has failed stays so.",
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
  "summary": "Submit a job of one of several types"})";

/// What all submit routes answer.
inline constexpr std::string_view submission_responses = R"({
  "202": {"$ref": "#/components/responses/Accepted"},
  "406": {"$ref": "#/components/responses/NotAcceptable"},
  "410": {"$ref": "#/components/responses/Gone"},
  "413": {"$ref": "#/components/responses/ContentTooLarge"},
  "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
  "422": {"$ref": "#/components/responses/InvalidInput"},
  "429": {"$ref": "#/components/responses/TooManyRequests"}})";

/// What all submit routes take beside their document.
inline constexpr std::string_view submission_parameters = R"([
  {"$ref": "#/components/parameters/IdempotencyKey"},
  {"$ref": "#/components/parameters/Prefer"},
  {"$ref": "#/components/parameters/Traceparent"}])";

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
