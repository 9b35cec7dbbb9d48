#pragma once

#include <asyncjobs/backoff.hpp>
#include <asyncjobs/config.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The failed attempt that a RetryPolicy decides about. Valid during the call.
struct FailedAttempt {
    const ClaimedJob& job; ///< `job.attempt` is the one that failed
    const JobError& error;
    double chance = 0; ///< random, from 0 to below 1, for jitter
};

/// A function that a RetryPolicy can be made from.
template <typename T>
concept RetryDecision = requires(const T& decide, const FailedAttempt& failed) {
    { decide(failed) } -> std::convertible_to<std::optional<Duration>>;
};

/// Decides when a job is retried after a failed attempt, if it has attempts left. Not called for a
/// failure that is permanent or has its own delay (see JobFailure).
///
/// Thread-safety  Full, if its function's is.
/// Errors         Bad values throw Error (Errc::invalid_argument) that names them.
class ASYNCJOBS_DECL RetryPolicy {
public:
    /// Empty: no retry, the job has failed. May be called from several threads at once. If it
    /// throws, the default Backoff applies.
    using Function = std::function<std::optional<Duration>(const FailedAttempt&)>;

    RetryPolicy(const Backoff& backoff = {});
    RetryPolicy(Function decide);
    template <RetryDecision Decide>
    RetryPolicy(Decide decide) : RetryPolicy(Function(std::move(decide))) {}

    /// The same delay each time, less a random part of up to `jitter` of it.
    static RetryPolicy fixed(Duration delay, double jitter = 0.2);

    /// One delay per attempt; the last one applies to all further attempts.
    static RetryPolicy list(std::vector<Duration> delays);

    /// Returns how long to wait before the next attempt; empty: no retry. Does not throw.
    std::optional<Duration> delay_after(const FailedAttempt& failed) const;

private:
    Function decide_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/retry_policy.ipp>
#endif
