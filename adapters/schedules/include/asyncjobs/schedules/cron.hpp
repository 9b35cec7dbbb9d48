#pragma once

#include <asyncjobs/time.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// When something recurs: a cron expression, read on the clocks of one time zone.
///
/// Five fields, minute, hour, day of month, month and day of week, or six with a second before
/// them. A field is a list, with commas, of `*`, `7`, `1-5`, `*/10` and `10-40/10`; `?` is `*`.
/// Months and days of the week may be named (`JAN`-`DEC`, `SUN`-`SAT`, in any case), 7 is Sunday
/// too, and `L` is the last day of the month. `@yearly`, `@annually`, `@monthly`, `@weekly`,
/// `@daily`, `@midnight` and `@hourly` stand for the usual expressions. If both day fields are
/// restricted, which is anything but `*` and `?`, a day that matches either will do.
///
/// Where clocks are put forward, some local times do not exist; where they are put back, some exist
/// twice. What happens to slots among them depends on the hour field:
///
/// - It leaves out some hour of the day: each slot is one firing. Slots that do not exist fire at
///   the first instant after the gap, together, and one that exists twice fires the first time.
/// - It allows every hour (`*/5 * * * *`): the expression is about minutes, which go on as ever. A
///   slot fires whenever the clock shows it: not in a gap, and both times where it exists twice.
///
/// The zones are the operating system's (Debian: package tzdata), as they were when the process
/// first asked; their files know no change of the clocks after 2037. `UTC` needs no files.
///
/// Thread-safety  As std::string. Copies are cheap: they share what was parsed.
class ASYNCJOBS_SCHEDULES_DECL Cron {
public:
    /// Throws Error (Errc::invalid_argument) that names the field, its value and the rule, or the
    /// zone.
    explicit Cron(std::string_view expression, std::string_view zone = "UTC");

    const std::string& expression() const noexcept; ///< as it was given
    const std::string& zone() const noexcept;

    /// The first slot after `time`; empty if there is none (30 February) before the year 10000. A
    /// time before 1970 is taken for its beginning.
    std::optional<Timestamp> next_after(Timestamp time) const;

    /// Of the same text and zone.
    friend ASYNCJOBS_SCHEDULES_DECL bool operator==(const Cron&, const Cron&) noexcept;

private:
    struct Rules;
    std::shared_ptr<const Rules> rules_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
