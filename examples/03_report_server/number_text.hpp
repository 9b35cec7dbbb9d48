#pragma once

#include "money.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace report_server {

/// Numbers and dates as people read them in English. Thread-safety: pure functions.

/// `1,476` or `-45`.
std::string grouped(std::int64_t number);

/// `560,000.26`, rounded like `to_string`.
std::string grouped(Money amount);

/// `1 January 2011`.
std::string long_date(std::chrono::year_month_day date);

/// `1 Jan`.
std::string day_and_month(std::chrono::year_month_day date);

/// `Jan`.
std::string short_month(std::chrono::month month);

/// `12.4 %`: the part's share of the whole, or a dash where the whole is not above zero.
std::string share(Money part, Money whole);

} // namespace report_server
