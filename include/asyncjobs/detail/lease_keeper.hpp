#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Keeps the leases of active jobs: renews them, stores their progress, fetches cancel requests,
/// and stops handlers whose timeout or lease is over.
///
/// Beats only while jobs are active.
class ASYNCJOBS_DECL LeaseKeeper {
public:
    struct Options {
        Duration lease_for;
        Duration report_every;
        Duration timeout_grace;
    };

    struct Hooks {
        std::function<Attempts()> under_way;
        /// A handler did not stop within the grace after its timeout.
        std::function<void(const std::shared_ptr<Attempt>&)> give_up;
        /// Called at every beat, before anything else.
        std::function<void()> on_beat;
        /// The store has recorded this percentage; may be empty.
        std::function<void(const ClaimedJob&, int percent)> progressed = {};
    };

    /// Borrows all but the options and the hooks. Renews on `lane`.
    LeaseKeeper(Runtime& runtime, JobStore& store, Lane& lane, Options options, Hooks hooks);

    /// Starts the beat if it is off.
    void wake();

    /// Afterwards no beat is active, and none follows.
    void stop();

    /// Renews these at once: a cancel request has arrived.
    void look_at(std::span<const std::shared_ptr<Attempt>> attempts);

    /// Renews leases that a sweep might take for lost: stale ones, or all if this process has slept
    /// or the store failed the last time. Returns false if a sweep may still be unsafe: the store
    /// fails, or other processes may have slept or met the same fault, and must renew first. Called
    /// on the lane.
    bool renew_before_sweep();

    /// Approximate maximum age of the cancellation state.
    static constexpr Duration check_every = std::chrono::milliseconds{700};

    /// How long after its last renewal a lease may be relied on.
    static Duration reliable(Duration lease_for) { return lease_for - lease_for / 4; }

private:
    void beat();
    bool has_slept();
    bool renew(const Attempts& attempts);
    void check(const Attempts& attempts);
    void apply(const Attempts& attempts, std::span<const Renewal> renewals);

    Runtime& runtime_;
    JobStore& store_;
    Lane& lane_;
    const Options options_;
    const Hooks hooks_;
    const Duration period_;
    std::mutex mutex_;
    bool beating_ = false;
    bool woken_ = false; ///< since the current beat began
    bool renewing_ = false;
    std::optional<Duration> clock_offset_; ///< difference between the wall clock and the monotonic
                                           ///< clock, which stops in sleep
    /// Before the next sweep: this process has slept, or the store failed before the last one.
    bool must_renew_all_ = false;
    std::unique_ptr<Timer> timer_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/lease_keeper.ipp>
#endif
