#pragma once

#include <asyncjobs/store/claims.hpp>
#include <asyncjobs/store/outcomes.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

/// For authors of stores: the state machine of a job.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A job, and what a store keeps with it.
struct StoredJob : Job {
    AheadMarks ahead = {};   ///< about claims ahead
    Duration lease_for = {}; ///< of the latest claim or renewal; see follow_clock()
};

/// The changes that each call of a JobStore makes to one job. These functions are the contract: a
/// store that keeps a StoredJob calls them; testing::find_difference() compares any other store
/// with them.
///
/// They are pure: no I/O, no clock. `now` is the store's time of the call, the same for everything
/// that the call writes. Each changes all members of the job that its transition concerns,
/// including `revision` and `updated_at`. The store decides whatever concerns several jobs: the
/// holder of a key, the order of a queue, the claimed jobs, follow-ups, dependencies.
///
/// Errors  std::bad_alloc; the job may then be half changed.
namespace transitions {

/// When a new job may run: at its `run_at`, or `delay` after `now`.
ASYNCJOBS_DECL Timestamp run_at_of(const NewJob& job, Timestamp now);

/// When a new job that may run at `run_at` must have started; empty: at any time.
ASYNCJOBS_DECL std::optional<Timestamp> deadline_of(const NewJob& job, Timestamp run_at);

/// How long a new job is kept if it fails: `keep_failed`, or else its retention.
ASYNCJOBS_DECL Duration keep_failed_of(const NewJob& job) noexcept;

/// Returns the status that a settlement gives to a processing job. Empty: the settlement is
/// refused, because its kind is `cancelled` and no cancellation was requested.
ASYNCJOBS_DECL std::optional<JobStatus> status_after(Settlement::Kind kind,
                                                     bool cancel_requested) noexcept;

/// Whether the settlement kind records an error: `failed` and `retried` do.
constexpr bool records_error(Settlement::Kind kind) noexcept {
    return kind == Settlement::Kind::failed || kind == Settlement::Kind::retried;
}

/// Whether a write with this lease is accepted: the job is processing with the lease's fence. The
/// lease may have expired.
constexpr bool is_held(const Job& job, const LeaseRef& lease) noexcept {
    return job.status == JobStatus::processing && job.fence == lease.fence;
}

/// The pending job that a submit makes of `wanted`. `parents` is the number of jobs that it waits
/// for, each counted once. `used_fence` is the highest fence of a job that was removed; a store
/// that learns it later, in claims, passes 0.
ASYNCJOBS_DECL StoredJob make_job(const NewJob& wanted, std::size_t parents,
                                  std::int64_t used_fence, Timestamp now);

/// The same, in place: `job` is a fresh StoredJob.
ASYNCJOBS_DECL void make_job(StoredJob& job, const NewJob& wanted, std::size_t parents,
                             std::int64_t used_fence, Timestamp now);

/// A submit of `wanted` conflicts with `job`. If `wanted` has OnConflict::replace and the job is
/// pending, gives it the new `input` and `run_at`. Returns whether it did.
ASYNCJOBS_DECL bool replace(StoredJob& job, const NewJob& wanted, Timestamp now);

/// pending -> processing. The store has chosen the job: it is due, and its limits admit it.
ASYNCJOBS_DECL void claim(StoredJob& job, const ClaimRequest& request, Timestamp now);

/// processing -> status_after(), without the follow-ups. A job that becomes pending keeps its place
/// in the queue if the settlement does, and is ordered by its new `run_at` otherwise. Returns what
/// exchange() returns.
ASYNCJOBS_DECL Settled settle(StoredJob& job, const Settlement& settlement, Timestamp now);

/// processing -> processing. Returns what renew() returns.
ASYNCJOBS_DECL Renewal heartbeat(StoredJob& job, const Heartbeat& heartbeat, Duration lease_for,
                                 Timestamp now);

/// Returns what check_leases() returns. Changes nothing.
ASYNCJOBS_DECL Renewal check_lease(const Job& job, const LeaseRef& lease) noexcept;

/// processing -> pending, failed or cancelled: a rescue of a job whose lease has expired. A job
/// that becomes pending keeps its place in the queue if it was lost ahead, and is due now
/// otherwise.
ASYNCJOBS_DECL void expire_lease(StoredJob& job, int crash_limit, Timestamp now);

/// pending -> cancelled; processing -> processing or, by force, cancelled. Returns what cancel()
/// returns.
ASYNCJOBS_DECL CancelOutcome cancel(StoredJob& job, const Cancellation& cancellation,
                                    Timestamp now);

/// Returns why retry() refuses the job, or `retried`. A live job that holds the unique key is the
/// store's to find.
ASYNCJOBS_DECL RetryOutcome check_restart(const Job& job) noexcept;

/// failed or cancelled -> pending, for a job that check_restart() permits and that has its unique
/// key again.
ASYNCJOBS_DECL void restart(StoredJob& job, Timestamp now);

/// pending -> pending: a job that waits for its `run_at`, and for no parent, is due now. Returns
/// what OperatorStore::run_now() returns.
ASYNCJOBS_DECL RunNowOutcome run_now(StoredJob& job, Timestamp now);

/// pending -> pending, failed or cancelled: `count` of the parents that the job waits for have
/// finished. `unsuccessful` is one of them that did not complete, or null. Returns whether it
/// changed the job: a job that no longer waits stays unchanged.
ASYNCJOBS_DECL bool parents_finished(StoredJob& job, int count, const Job* unsuccessful,
                                     Timestamp now);

} // namespace transitions
} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/transitions.ipp>
#endif
