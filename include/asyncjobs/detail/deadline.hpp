#pragma once

#include <asyncjobs/time.hpp>

#include <algorithm>
#include <chrono>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Clamps `delay` to a range that clocks can add: from zero to a century.
inline constexpr Duration bounded(Duration delay) noexcept {
    return std::clamp(delay, Duration::zero(), Duration{std::chrono::days{365 * 100}});
}

inline constexpr SteadyTime deadline_after(SteadyTime now, Duration delay) noexcept {
    return now + bounded(delay);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
