#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/retry_policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline constexpr Duration longest_delay = std::chrono::hours{24 * 365};

inline const Backoff& checked(const Backoff& backoff) {
    check_range("backoff.first", backoff.first, Duration{1}, longest_delay);
    check_range("backoff.factor", backoff.factor, 1.0, 100.0);
    check_range("backoff.most", backoff.most, backoff.first, longest_delay);
    check_range("backoff.jitter", backoff.jitter, 0.0, 1.0);
    return backoff;
}

} // namespace detail

ASYNCJOBS_INLINE RetryPolicy::RetryPolicy(const Backoff& backoff)
    : decide_([backoff = detail::checked(backoff)](const FailedAttempt& failed) {
          return detail::backoff_delay(backoff, failed.job.attempt, failed.chance);
      }) {}

ASYNCJOBS_INLINE RetryPolicy::RetryPolicy(Function decide) : decide_(std::move(decide)) {
    if (!decide_) throw Error(Errc::invalid_argument, "the retry policy's function is empty");
}

ASYNCJOBS_INLINE RetryPolicy RetryPolicy::fixed(Duration delay, double jitter) {
    detail::check_range("delay", delay, Duration{1}, detail::longest_delay);
    return Backoff{.first = delay, .factor = 1, .most = delay, .jitter = jitter};
}

ASYNCJOBS_INLINE RetryPolicy RetryPolicy::list(std::vector<Duration> delays) {
    if (delays.empty())
        throw Error(Errc::invalid_argument, "delays is empty, but must hold at least one");
    for (std::size_t i = 0; i < delays.size(); ++i)
        detail::check_range(fmt::format("delays[{}]", i), delays[i], Duration{0},
                            detail::longest_delay);
    return Function([delays = std::move(delays)](const FailedAttempt& failed) {
        const auto last = static_cast<int>(delays.size()) - 1;
        return delays[static_cast<std::size_t>(std::clamp(failed.job.attempt - 1, 0, last))];
    });
}

ASYNCJOBS_INLINE std::optional<Duration>
RetryPolicy::delay_after(const FailedAttempt& failed) const {
    try {
        const auto delay = decide_(failed);
        return delay ? std::optional(detail::bounded(*delay)) : std::nullopt;
    } catch (...) {
        return detail::backoff_delay({}, failed.job.attempt, failed.chance);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
