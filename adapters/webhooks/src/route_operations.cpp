#include "route_operations.hpp"

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

constexpr std::string_view event_list = R"({
  "description": "Events that the endpoint receives; empty: only callbacks",
  "type": "array", "maxItems": 3, "uniqueItems": true,
  "items": {"type": "string", "enum": ["job.completed", "job.failed", "job.cancelled"]}})";

constexpr std::string_view secret_schema = R"({
  "description": "Standard Webhooks secret to verify signatures with; returned only once",
  "type": "string", "examples": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]})";

constexpr std::string_view name_parameter = R"("parameters": [{
  "name": "name", "in": "path", "required": true, "description": "Name of the endpoint",
  "schema": {"type": "string", "minLength": 1, "maxLength": 100,
             "pattern": "^(?![.]{1,2}$)[A-Za-z0-9._:-]+$"}}])";

std::string endpoint_schema(bool with_secret) {
    std::string schema = R"({
      "type": "object",
      "required": ["name", "url", "events", "enabled"],
      "properties": {
        "name": {"type": "string"},
        "url": {"type": "string", "format": "uri"},
        "events": )";
    schema += event_list;
    schema += R"(,
        "enabled": {"type": "boolean"},
        "disabled_because": {"type": "string", "examples": ["the receiver returned 410"]})";
    if (with_secret) schema.append(R"(, "secret": )").append(secret_schema);
    return schema + "}}";
}

std::string json_content(std::string_view schema) {
    return R"("content": {"application/json": {"schema": )" + std::string(schema) + "}}";
}

/// A member of `responses`.
std::string found(std::string_view status, std::string_view description, std::string_view schema) {
    std::string response = "\"";
    response.append(status).append(R"(": {"description": ")").append(description).append("\", ");
    return response + json_content(schema) + '}';
}

std::string refused(std::string_view status, std::string_view component) {
    std::string response = ", \"";
    return response.append(status)
        .append(R"(": {"$ref": "#/components/responses/)")
        .append(component)
        .append("\"}");
}

std::string operation(std::string_view id, std::string_view summary, std::string_view members,
                      std::string_view responses) {
    std::string text = R"({"operationId": ")";
    text.append(id).append(R"(", "summary": ")").append(summary).append("\", ");
    if (!members.empty()) text.append(members).append(", ");
    return text.append(R"("responses": {)").append(responses).append("}}");
}

} // namespace

std::string list_endpoints() {
    const auto list = R"({"type": "object", "required": ["endpoints"], "properties": {
        "endpoints": {"type": "array", "maxItems": 100, "items": )" +
                      endpoint_schema(false) + "}}}";
    return operation("listWebhookEndpoints", "List your webhook endpoints", {},
                     found("200", "All endpoints, by name", list));
}

std::string get_endpoint() {
    return operation("getWebhookEndpoint", "Get a webhook endpoint", name_parameter,
                     found("200", "The endpoint", endpoint_schema(false)) +
                         refused("404", "NotFound"));
}

std::string put_endpoint() {
    std::string body = R"({
      "type": "object", "required": ["url"], "additionalProperties": false,
      "properties": {
        "url": {"description": "https URL of a public host", "type": "string", "format": "uri"},
        "events": )";
    body += event_list;
    body += R"(, "enabled": {
          "description": "false: receives no events; absent: unchanged. An endpoint that returned 410 stays disabled until it is enabled or its URL changes.",
          "type": "boolean"}}})";
    const std::string members = std::string(name_parameter) +
                                R"(, "requestBody": {"required": true, )" + json_content(body) +
                                '}';
    return operation("putWebhookEndpoint", "Create or change a webhook endpoint", members,
                     found("200", "The changed endpoint", endpoint_schema(false)) + ", " +
                         found("201", "The new endpoint", endpoint_schema(true)) +
                         refused("406", "NotAcceptable") + refused("409", "Conflict") +
                         refused("413", "ContentTooLarge") +
                         refused("415", "UnsupportedMediaType") + refused("422", "InvalidInput"));
}

std::string delete_endpoint() {
    return operation("deleteWebhookEndpoint", "Delete a webhook endpoint", name_parameter,
                     R"("204": {"description": "Deleted"})" + refused("404", "NotFound"));
}

std::string rotate_endpoint_secret() {
    const auto body = R"({"type": "object", "required": ["secret"], "properties": {"secret": )" +
                      std::string(secret_schema) + "}}";
    return operation(
        "rotateWebhookSecret", "Rotate a webhook endpoint's secret",
        R"("description": "For a day, notifications are signed with the old secret, too.", )" +
            std::string(name_parameter),
        found("200", "The new secret", body) + refused("404", "NotFound"));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
