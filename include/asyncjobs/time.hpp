#pragma once

#include <asyncjobs/config.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The unit of all times that are stored.
using Duration = std::chrono::microseconds;

/// A point in UTC, as stores keep it.
using Timestamp = std::chrono::sys_time<Duration>;

/// A point on the monotonic clock of one process; never stored, never sent.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// A Duration in options: any unit of std::chrono, but never a plain number. `30s`, not `30`.
class ASYNCJOBS_VISIBLE TimeSpan : public Duration {
public:
    constexpr TimeSpan() = default;
    template <typename Rep, typename Period>
    requires std::convertible_to<std::chrono::duration<Rep, Period>, Duration>
    constexpr TimeSpan(const std::chrono::duration<Rep, Period>& span) : Duration(span) {}

    /// Not for `rep`: the operators of std::chrono would take a TimeSpan for a plain number.
    template <typename Number>
    requires(std::is_arithmetic_v<Number> &&
             !std::same_as<Number, rep>) constexpr TimeSpan(Number) {
        static_assert(!std::is_arithmetic_v<Number>,
                      "a duration is given with its unit: 30s, std::chrono::seconds{30}");
    }
};

/// A time in options: none, or a time of std::chrono::system_clock in any unit, rounded down to
/// microseconds.
class ASYNCJOBS_VISIBLE OptionalTime {
public:
    constexpr OptionalTime() = default;
    constexpr OptionalTime(std::nullopt_t) noexcept {}
    constexpr OptionalTime(std::optional<Timestamp> time) noexcept : time_(time) {}
    template <typename Unit>
    constexpr OptionalTime(std::chrono::sys_time<Unit> time)
        : time_(std::chrono::floor<Duration>(time)) {}

    /// Fails to compile: other clocks mean nothing to other processes.
    template <typename Clock, typename Unit>
    requires(!std::same_as<Clock, std::chrono::system_clock>) constexpr OptionalTime(
        std::chrono::time_point<Clock, Unit>) {
        static_assert(std::same_as<Clock, std::chrono::system_clock>,
                      "a time is one of std::chrono::system_clock: what other clocks show means "
                      "nothing to other processes");
    }
    /// Fails to compile: a time is a point, not a span.
    template <typename Rep, typename Period>
    constexpr OptionalTime(std::chrono::duration<Rep, Period>) {
        static_assert(!std::same_as<Rep, Rep>,
                      "a time is a point, not a span: std::chrono::system_clock::now() + 5s; or "
                      "give the member that takes a span: delay, start_within");
    }

    constexpr operator const std::optional<Timestamp>&() const noexcept { return time_; }
    constexpr explicit operator bool() const noexcept { return time_.has_value(); }
    constexpr bool has_value() const noexcept { return time_.has_value(); }
    constexpr const Timestamp& operator*() const noexcept { return *time_; }
    constexpr const Timestamp* operator->() const noexcept { return &*time_; }
    constexpr Timestamp value_or(Timestamp other) const noexcept { return time_.value_or(other); }

    friend constexpr bool operator==(const OptionalTime&, const OptionalTime&) = default;

private:
    std::optional<Timestamp> time_ = {};
};

/// RFC 3339 in UTC with six decimals, or none for a whole second: `2025-01-08T12:00:00.250000Z`.
ASYNCJOBS_DECL std::string to_rfc3339(Timestamp);

/// Accepts any RFC 3339 date-time; truncates to microseconds. Empty if malformed.
[[nodiscard]] ASYNCJOBS_DECL std::optional<Timestamp> parse_rfc3339(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/time.ipp>
#endif
