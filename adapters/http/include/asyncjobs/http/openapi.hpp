#pragma once

#include <asyncjobs/json_text.hpp>

#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The general part of `GET /openapi.json`. The document, OpenAPI 3.1, is generated from the
/// declared routes; see RouteOptions::operation.
///
/// Texts in JSON are objects; null: nothing to add.
struct OpenApiOptions {
    bool enabled = true; ///< without authentication; routes and schemas, no job's data
    std::string title = "Background jobs";
    std::string version = "1.0.0"; ///< of the host's API
    JsonText info = {};            ///< more members of the Info Object: `{"license": {...}}`
    std::string security_scheme = "bearer"; ///< its name; 1-100 characters of A-Z a-z 0-9 . _ -
    JsonText security = {};                 ///< that Security Scheme Object; null: bearer tokens
    /// Whether clients can receive webhooks of finished jobs, and pass a `callback_url` where
    /// ApiOptions::companion_jobs and companion_jobs_for_retry are set.
    bool webhooks = false;
    /// JSON Schemas of results of jobs that clients can read but no route submits.
    std::vector<JsonText> other_results = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
