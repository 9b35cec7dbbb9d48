#pragma once

#include <asyncjobs/detail/execution.hpp>
#include <asyncjobs/job_store.hpp>
#include <asyncjobs/runtime.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

using Executions = std::vector<std::shared_ptr<Execution>>;

/// Keeps the leases of the jobs that are under way: renews them, brings their progress to the store
/// and cancel requests back, stops handlers that ran out of time or of lease.
///
/// Beats only while there is something under way.
class ASYNCJOBS_DECL LeaseKeeper {
public:
    struct Options {
        Duration lease_for;
        Duration report_every;
        Duration timeout_grace;
    };

    struct Hooks {
        std::function<Executions()> under_way;
        /// A handler did not stop within the grace after its timeout.
        std::function<void(const std::shared_ptr<Execution>&)> give_up;
        /// Called at every beat, before anything else.
        std::function<void()> on_beat;
        /// The store has recorded so much; may be empty.
        std::function<void(const ClaimedJob&, int percent)> progressed = {};
    };

    /// Borrows all but the options and the hooks. Renews on `lane`.
    LeaseKeeper(Runtime& runtime, JobStore& store, Lane& lane, Options options, Hooks hooks);

    /// Makes it beat if it does not.
    void wake();

    /// No beat is under way afterwards, and none comes.
    void stop();

    /// Asks the store about these at once: a cancel request is known to have come.
    void look_at(std::span<const std::shared_ptr<Execution>> executions);

    /// Renews what a sweep might take for lost: leases that were not renewed for long, and all of
    /// them if this process has slept or the store failed the last time. False if that is not
    /// certain to have made a sweep safe: the store fails, or other processes have slept or met the
    /// same fault, too, and must have their turn first.
    /// Called on the lane.
    bool renew_before_sweep();

    /// How old what is known of a cancellation may get, about.
    static constexpr Duration check_every = std::chrono::milliseconds{700};

    /// How long a lease may be relied on after it was last renewed.
    static Duration reliable(Duration lease_for) { return lease_for - lease_for / 4; }

private:
    void beat();
    bool has_slept();
    bool renew(const Executions& executions);
    void check(const Executions& executions);
    void apply(const Executions& executions, std::span<const Renewal> renewals);

    Runtime& runtime_;
    JobStore& store_;
    Lane& lane_;
    const Options options_;
    const Hooks hooks_;
    const Duration period_;
    std::mutex mutex_;
    bool beating_ = false;
    bool woken_ = false; ///< since the beat that is under way began
    bool renewing_ = false;
    std::optional<Duration> clock_offset_; ///< the wall clock's, from the one that stops in sleep
    /// Before the next sweep: this process has slept, or the store failed before the last one.
    bool must_renew_all_ = false;
    std::unique_ptr<Timer> timer_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/lease_keeper.ipp>
#endif
