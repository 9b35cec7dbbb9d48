#pragma once

#include <asyncjobs/config.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// The date of an HTTP header, `Wed, 08 Jan 2025 12:00:00 GMT`; empty for anything else.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
