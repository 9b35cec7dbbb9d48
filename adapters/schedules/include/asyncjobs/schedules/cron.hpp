#pragma once

#include <asyncjobs/time.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A cron expression in one time zone.
///
/// Five fields, minute, hour, day of month, month and day of week, or six with a second before
/// them. A field is a list, with commas, of `*`, `7`, `1-5`, `*/10` and `10-40/10`; `?` is `*`.
/// Months and days of the week may be named (`JAN`-`DEC`, `SUN`-`SAT`, in any case), 7 is Sunday
/// too, and `L` is the last day of the month. `@yearly`, `@annually`, `@monthly`, `@weekly`,
/// `@daily`, `@midnight` and `@hourly` stand for the usual expressions. If both day fields are
/// restricted (anything but `*` and `?`), a day matches if it matches either.
///
/// Where clocks are put forward, some local times do not exist; where they are put back, some exist
/// twice. The hour field decides what happens to slots among them:
///
/// - It leaves out some hour of the day: each slot fires once. Slots that do not exist fire
///   together at the first instant after the gap, and one that exists twice fires the first time.
/// - It allows every hour (`*/5 * * * *`): a slot fires whenever the clock shows it: not in a gap,
///   and both times where it exists twice.
///
/// The zones are the operating system's (Debian: package tzdata), as loaded at the process's first
/// use; their files have no change of the clocks after 2037. `UTC` needs no files.
///
/// Thread-safety  As std::string. Copies are cheap: they share what was parsed.
class ASYNCJOBS_SCHEDULES_DECL Cron {
public:
    /// Throws Error (Errc::invalid_argument) that names the field, its value and the rule, or the
    /// unknown zone.
    explicit Cron(std::string_view expression, std::string_view zone = "UTC");

    const std::string& expression() const noexcept; ///< as it was given
    const std::string& zone() const noexcept;       ///< as it was given

    /// The first slot after `time`; empty if none exists before the year 10000 (30 February). A
    /// time before 1970 counts as the start of 1970.
    std::optional<Timestamp> next_after(Timestamp time) const;

    /// Returns `time` in the zone, as RFC 3339 with the zone's offset, to the minute:
    /// `2026-03-29T03:00:00+02:00`.
    std::string to_local_rfc3339(Timestamp time) const;

    /// True if text and zone are the same.
    friend ASYNCJOBS_SCHEDULES_DECL bool operator==(const Cron&, const Cron&) noexcept;

private:
    struct Rules;
    std::shared_ptr<const Rules> rules_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
