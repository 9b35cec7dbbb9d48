#pragma once

#include <asyncjobs/http/message.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether the client accepts `application/json`: false only if an Accept header excludes it.
bool accepts_json(const Headers& request);
/// Throws Problem (406) unless accepts_json().
void check_accepts_json(const Headers& request);

/// Whether the request's Content-Type is JSON: `application/json` or `+json`, in UTF-8.
bool is_json(const Headers& request);

/// Whether the request's body is encoded, for example compressed: Content-Encoding other than
/// `identity`.
bool is_encoded(const Headers& request);

/// Likewise for `text/event-stream`.
bool accepts_events(const Headers& request);

/// Prefer: wait=N (RFC 7240), in seconds; empty if absent or malformed.
std::optional<std::chrono::seconds> preferred_wait(const Headers& request);

/// If-None-Match: whether the client has the representation that `etag` names. Weak comparison.
bool has_current(const Headers& request, std::string_view etag);

/// Turns `response`, which has an ETag, into a 304 if the client has that representation.
Response unless_current(Response response, const Headers& request);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
