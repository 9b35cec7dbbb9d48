#pragma once

#include <asyncjobs/config.hpp>

#include <string_view>

/// The operators' routes, as in job_operations.hpp.
namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

inline constexpr std::string_view get_health = R"({
  "operationId": "getHealth",
  "tags": ["operations"],
  "summary": "Check liveness",
  "responses": {"200": {"$ref": "#/components/responses/Healthy"}}})";

inline constexpr std::string_view get_readiness = R"({
  "operationId": "getReadiness",
  "tags": ["operations"],
  "summary": "Check readiness",
  "responses": {"200": {"$ref": "#/components/responses/Healthy"}}})";

inline constexpr std::string_view get_metrics = R"({
  "operationId": "getMetrics",
  "tags": ["operations"],
  "summary": "Get metrics in Prometheus text format",
  "responses": {
    "200": {
      "description": "The metrics",
      "content": {"text/plain": {"schema": {"type": "string"}}}}}})";

inline constexpr std::string_view get_description = R"({
  "operationId": "getDescription",
  "tags": ["operations"],
  "summary": "Get this description",
  "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}],
  "responses": {
    "200": {
      "description": "An OpenAPI 3.1 document",
      "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"type": "object"}}}},
    "304": {"$ref": "#/components/responses/NotModified"}}})";

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
