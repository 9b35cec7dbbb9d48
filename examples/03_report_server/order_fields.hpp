#pragma once

#include "money.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace report_server {

/// The texts of an order file as values; nothing where the text is not exactly such a value.
/// Thread-safety: pure functions.

/// A whole number of 64 bits, such as `6` or `-12`.
std::optional<std::int64_t> parse_quantity(std::string_view text);

/// A price of up to three decimals, such as `2.55`, `-11062.06` or `0.001`.
std::optional<Money> parse_price(std::string_view text);

/// A date, `2011-01-31`.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

/// An RFC 3339 time in UTC with whole seconds, `2010-12-01T08:26:00Z`; no leap seconds.
std::optional<std::chrono::sys_seconds> parse_utc_time(std::string_view text);

/// The text that `parse_date` and `parse_utc_time` read.
std::string to_string(std::chrono::year_month_day date);
std::string to_string(std::chrono::sys_seconds time);

} // namespace report_server
