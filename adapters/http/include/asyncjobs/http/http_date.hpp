#pragma once

#include <asyncjobs/time.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The date format of HTTP headers, `Wed, 08 Jan 2025 12:00:00 GMT`. Truncates to whole seconds.
ASYNCJOBS_HTTP_DECL std::string to_http_date(Timestamp time);

/// Reads a date in that format; empty for anything else.
ASYNCJOBS_HTTP_DECL std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
