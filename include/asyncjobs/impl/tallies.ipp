#pragma once

#include <asyncjobs/store/tallies.hpp>

#include <algorithm>
#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline constexpr std::array<std::string_view, 6> tally_outcomes = {
    "cancelled", "completed", "failed", "released", "rescued", "retried"};
static_assert(std::ranges::is_sorted(tally_outcomes));

struct PeriodTraits {
    std::string_view name;
    Duration length;
    Duration kept_for;
};

inline constexpr std::array<PeriodTraits, 3> period_traits = {
    {{"minute", std::chrono::minutes{1}, std::chrono::hours{48}},
     {"hour", std::chrono::hours{1}, std::chrono::days{30}},
     {"day", std::chrono::days{1}, std::chrono::days{400}}}};

inline const PeriodTraits& traits_of(TallyPeriod period) noexcept {
    return period_traits[static_cast<std::size_t>(period)];
}

} // namespace detail

ASYNCJOBS_INLINE void TimeHistogram::add(Duration time) noexcept {
    const auto bucket = std::ranges::lower_bound(bounds, time) - bounds.begin();
    ++counts[static_cast<std::size_t>(bucket)];
    sum += time;
}

ASYNCJOBS_INLINE void TimeHistogram::add(const TimeHistogram& other) noexcept {
    std::ranges::transform(counts, other.counts, counts.begin(), std::plus<>{});
    sum += other.sum;
}

ASYNCJOBS_INLINE std::string_view to_string(TallyOutcome outcome) noexcept {
    return detail::tally_outcomes[static_cast<std::size_t>(outcome)];
}

ASYNCJOBS_INLINE std::optional<TallyOutcome> parse_tally_outcome(std::string_view text) noexcept {
    const auto found = std::ranges::find(detail::tally_outcomes, text);
    if (found == detail::tally_outcomes.end()) return std::nullopt;
    return static_cast<TallyOutcome>(found - detail::tally_outcomes.begin());
}

ASYNCJOBS_INLINE std::string_view to_string(TallyPeriod period) noexcept {
    return detail::traits_of(period).name;
}

ASYNCJOBS_INLINE std::optional<TallyPeriod> parse_tally_period(std::string_view text) noexcept {
    for (const TallyPeriod period : tally_periods)
        if (to_string(period) == text) return period;
    return std::nullopt;
}

ASYNCJOBS_INLINE Duration length_of(TallyPeriod period) noexcept {
    return detail::traits_of(period).length;
}

ASYNCJOBS_INLINE Duration kept_for(TallyPeriod period) noexcept {
    return detail::traits_of(period).kept_for;
}

ASYNCJOBS_INLINE Timestamp start_of(TallyPeriod period, Timestamp time) noexcept {
    const Duration since_1970 = time.time_since_epoch();
    const Duration length = length_of(period);
    const Duration into = (since_1970 % length + length) % length;
    return time - into;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
