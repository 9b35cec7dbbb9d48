#pragma once

#include <asyncjobs/config.hpp>

#include <bitset>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::schedules {

/// Wall-clock time, counted without zones and changes of the clock.
using LocalSeconds = std::chrono::local_seconds;

/// The fields of a cron expression, as sets.
struct CronFields {
    std::bitset<60> seconds;
    std::bitset<60> minutes;
    std::bitset<24> hours;
    std::bitset<32> days;   ///< of the month, from 1
    std::bitset<13> months; ///< from 1
    std::bitset<7> weekdays;
    bool last_day = false; ///< of the month
    bool any_day = false;  ///< the day of the month is not restricted
    bool any_weekday = false;

    /// Returns the first match in [from, until); empty if none exists.
    std::optional<LocalSeconds> next(LocalSeconds from, LocalSeconds until) const;

private:
    bool matches(std::chrono::year_month_day date, std::chrono::day last) const;
    std::optional<std::chrono::seconds> next_time(std::chrono::seconds from) const;
};

/// Throws Error (Errc::invalid_argument) that names the field, its value and the rule.
CronFields parse_cron(std::string_view expression);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::schedules
