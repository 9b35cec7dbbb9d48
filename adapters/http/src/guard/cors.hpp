#pragma once

#include <asyncjobs/http/api_options.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether `text` is an origin as browsers send it: `https://app.example.org`, with a port unless
/// it is the scheme's own.
bool is_origin(std::string_view text) noexcept;

/// Allows scripts of an allowed origin to read the response.
void allow_origin(const ApiOptions& options, const Request& request, Response& response);

/// Adds the fields that a browser's preflight request asks for; `response` already has `Allow`.
void allow_preflight(const ApiOptions& options, const Request& request, Response& response);

/// Whether a browser sends an unsafe request for a page of another origin that is not allowed,
/// possibly with the user's cookies.
bool is_forged(const ApiOptions& options, const Request& request);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
