#pragma once

#include <asyncjobs/config.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

using Duration = std::chrono::microseconds;

/// A point in UTC, as stores keep it.
using Timestamp = std::chrono::sys_time<Duration>;

/// A point on the monotonic clock of one process; never stored, never sent.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// RFC 3339 in UTC with as many of six decimals as are needed: `2025-01-08T12:00:00.25Z`.
ASYNCJOBS_DECL std::string to_rfc3339(Timestamp);

/// Accepts any RFC 3339 date-time; fractions beyond a microsecond are cut off. Empty if malformed.
ASYNCJOBS_DECL std::optional<Timestamp> parse_rfc3339(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/time.ipp>
#endif
