#include "openapi/webhooks.hpp"

#include "openapi/json_object.hpp"
#include "openapi/names.hpp"

#include <boost/json/array.hpp>

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {
namespace {

constexpr std::string_view schema_texts = R"({
  "WebhookData": {
    "type": "object",
    "required": ["job_id", "status", "status_url", "revision"],
    "properties": {
      "job_id": {"$ref": "#/components/schemas/JobId"},
      "status": {"$ref": "#/components/schemas/JobStatus"},
      "status_url": {"type": "string", "format": "uri-reference"},
      "revision": {"type": "integer", "format": "int64", "minimum": 1}}}})";

constexpr std::string_view delivery_result_text = R"({
  "description": "result of a webhook delivery; `http_status` is absent if the endpoint is not subscribed to the event",
  "type": ["object", "null"],
  "required": ["event"],
  "properties": {
    "event": {"type": "string", "enum": ["job.completed", "job.failed", "job.cancelled"]},
    "http_status": {"type": "integer", "format": "int32", "minimum": 200, "maximum": 299}}})";

constexpr std::string_view webhook_parameter_texts = R"({
  "CallbackUrl": {
    "name": "callback_url", "in": "query",
    "description": "URL to notify when the job has finished; one of the caller's webhook endpoints must have the same host",
    "schema": {"type": "string", "format": "uri", "maxLength": 2048}},
  "WebhookId": {
    "name": "webhook-id", "in": "header", "required": true,
    "description": "id of the message; the same for every attempt",
    "schema": {"type": "string"}},
  "WebhookTimestamp": {
    "name": "webhook-timestamp", "in": "header", "required": true,
    "description": "time of the attempt, in seconds since 1970",
    "schema": {"type": "integer", "format": "int64"}},
  "WebhookSignature": {
    "name": "webhook-signature", "in": "header", "required": true,
    "description": "space-separated list of `v1,` and the Base64 of the HMAC-SHA256 of `id.timestamp.body`",
    "schema": {"type": "string"}}})";

constexpr std::string_view operation = R"({
  "tags": ["webhooks"],
  "security": [],
  "parameters": [
    {"$ref": "#/components/parameters/WebhookId"},
    {"$ref": "#/components/parameters/WebhookTimestamp"},
    {"$ref": "#/components/parameters/WebhookSignature"}],
  "responses": {
    "2XX": {"description": "Received"},
    "410": {"description": "Disables the endpoint"},
    "default": {"description": "Retried later"}}})";

boost::json::object webhook(std::string_view status) {
    auto post = parse_object(operation);
    post["operationId"] = "on" + pascal_case(status) + "Job";
    post["summary"] = "A job is " + std::string(status);
    const std::string type = "job." + std::string(status);
    post["requestBody"] = {{"required", true},
                           {"content",
                            {{"application/json",
                              {{"schema",
                                {{"type", "object"},
                                 {"required", {"type", "timestamp", "data"}},
                                 {"properties",
                                  {{"type", {{"type", "string"}, {"const", type}}},
                                   {"timestamp", {{"type", "string"}, {"format", "date-time"}}},
                                   {"data", reference("schemas", "WebhookData")}}}}}}}}}};
    return {{"post", std::move(post)}};
}

} // namespace

boost::json::object webhooks() {
    boost::json::object all;
    for (const std::string status : {"completed", "failed", "cancelled"})
        all.emplace("job." + status, webhook(status));
    return all;
}

boost::json::object webhook_schemas() { return parse_object(schema_texts); }

boost::json::object delivery_result_schema() { return parse_object(delivery_result_text); }

boost::json::object webhook_parameters() { return parse_object(webhook_parameter_texts); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
