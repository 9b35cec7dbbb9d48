#pragma once

#include <asyncjobs/backoff.hpp>

#include <cmath>
#include <cstdint>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// A number in [0, 1) from random bits.
inline double unit_interval(std::uint64_t random_bits) noexcept {
    return static_cast<double>(random_bits >> 11) * 0x1p-53;
}

/// The delay after the failure of the `attempt`th try (from 1); `chance` is from 0 to below 1.
inline Duration backoff_delay(const Backoff& backoff, int attempt, double chance) noexcept {
    const auto most = static_cast<double>(backoff.most.count());
    const auto first = static_cast<double>(backoff.first.count());
    const double full = std::min(most, first * std::pow(backoff.factor, attempt - 1));
    return Duration(static_cast<Duration::rep>(full * (1.0 - backoff.jitter * chance)));
}

/// `period`, up to a tenth longer or shorter, so that many processes do not act in step.
inline Duration jittered(Duration period, std::uint64_t random_bits) noexcept {
    return Duration(static_cast<Duration::rep>(static_cast<double>(period.count()) *
                                               (0.9 + 0.2 * unit_interval(random_bits))));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
