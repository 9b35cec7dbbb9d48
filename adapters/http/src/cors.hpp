#pragma once

#include <asyncjobs/http/job_api.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether `text` is an origin as browsers send it: `https://app.example.org`, with a port unless
/// it is the scheme's own.
bool is_origin(std::string_view text) noexcept;

/// Lets scripts of an origin that is allowed read the response.
void allow_origin(const ApiOptions& options, const Request& request, Response& response);

/// Answers a browser's question what it may send: `response` says already which methods there are.
void allow_preflight(const ApiOptions& options, const Request& request, Response& response);

/// Whether a browser sends the request for a page of another origin that is not allowed, perhaps
/// with its user's cookies, and it may change something.
bool is_forged(const ApiOptions& options, const Request& request);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
