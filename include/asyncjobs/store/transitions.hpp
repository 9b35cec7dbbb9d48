#pragma once

#include <asyncjobs/job_store.hpp>
#include <asyncjobs/store_helpers.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

/// For authors of stores: the state machine of a job.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A job, and what a store keeps with it.
struct StoredJob : Job {
    AheadMarks ahead = {};
    Duration lease_for = {}; ///< of the latest claim or renewal; see follow_clock()
};

/// What each call of a JobStore makes of one job. These functions are the contract: a store that
/// keeps a StoredJob calls them, and one that computes in its database is compared with them by
/// testing::find_difference().
///
/// They are pure: no I/O, no clock. `now` is the store's time of the call, the same for all that
/// the call writes. Each changes all members of the job that its transition concerns, `revision`
/// and `updated_at` included. What concerns several jobs is the store's: who holds a key, the place
/// in a queue, which jobs are claimed, follow-ups, who waits for whom.
///
/// Errors  std::bad_alloc; the job may then be half changed.
namespace transitions {

/// When a new job may run: at its `run_at`, or `delay` after `now`.
ASYNCJOBS_DECL Timestamp run_at_of(const NewJob& job, Timestamp now);

/// When a new job that may run at `run_at` must have started; empty: at any time.
ASYNCJOBS_DECL std::optional<Timestamp> deadline_of(const NewJob& job, Timestamp run_at);

/// The status that a settlement gives to a processing job. Empty: the settlement is refused,
/// because it says `cancelled` and nobody asked for that.
ASYNCJOBS_DECL std::optional<JobStatus> status_after(Settlement::Kind kind,
                                                     bool cancel_requested) noexcept;

/// Whether the settlement kind records an error: `failed` and `retried` do.
constexpr bool records_error(Settlement::Kind kind) noexcept {
    return kind == Settlement::Kind::failed || kind == Settlement::Kind::retried;
}

/// Whether a write with this lease counts: the job is processing with its fence. It may have run
/// out.
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

/// A submit of `wanted` found `job` in its way. If `wanted` says OnConflict::replace and the job is
/// pending, the job gets the new `input` and `run_at`. Returns whether it did.
ASYNCJOBS_DECL bool replace(StoredJob& job, const NewJob& wanted, Timestamp now);

/// pending -> processing. The store has chosen the job: it is due, and no limit is in the way.
ASYNCJOBS_DECL void claim(StoredJob& job, const ClaimRequest& request, Timestamp now);

/// processing -> whatever the settlement says, but for its follow-ups. A job that is pending then
/// stands where it stood if the settlement keeps its place, and by its new `run_at` otherwise.
/// Returns what exchange() returns.
ASYNCJOBS_DECL Settled settle(StoredJob& job, const Settlement& settlement, Timestamp now);

/// processing -> processing. Returns what renew() returns.
ASYNCJOBS_DECL Renewal heartbeat(StoredJob& job, const Heartbeat& heartbeat, Duration lease_for,
                                 Timestamp now);

/// What check() returns. Changes nothing.
ASYNCJOBS_DECL Renewal check_lease(const Job& job, const LeaseRef& lease) noexcept;

/// processing -> pending, failed or cancelled: a rescue of a job whose lease has run out. A job
/// that is pending then stands where it stood if it was lost ahead, and is due from now on
/// otherwise.
ASYNCJOBS_DECL void expire_lease(StoredJob& job, int crash_limit, Timestamp now);

/// pending -> cancelled; processing -> processing or, by force, cancelled. Returns what cancel()
/// returns.
ASYNCJOBS_DECL CancelOutcome cancel(StoredJob& job, const Cancellation& cancellation,
                                    Timestamp now);

/// Why retry() refuses the job; `retried` if it does not, unless a live job holds its unique key.
ASYNCJOBS_DECL RetryOutcome check_restart(const Job& job) noexcept;

/// failed or cancelled -> pending, for a job that check_restart() permits and that has its unique
/// key again.
ASYNCJOBS_DECL void restart(StoredJob& job, Timestamp now);

/// pending -> pending, failed or cancelled: `count` of the parents that the job waits for have
/// finished. `unsuccessful` is one of them that did not complete, or null. Returns whether it
/// changed the job: one that does not wait any more stays as it is.
ASYNCJOBS_DECL bool parents_finished(StoredJob& job, int count, const Job* unsuccessful,
                                     Timestamp now);

} // namespace transitions
} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/transitions.ipp>
#endif
