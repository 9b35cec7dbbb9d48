#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/limits.hpp>
#include <asyncjobs/store/notifier.hpp>
#include <asyncjobs/store/settlement.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The outcome of one NewJob.
struct Submitted {
    /// What happened to the job.
    enum class Outcome {
        created,
        id_exists,      ///< nothing happened: the id is taken (a repeated submit finds its own job)
        repeated,       ///< nothing happened: `id` names the job that has the idempotency key
        key_taken,      ///< nothing happened: a live job holds the unique key; `id` names that job
        replaced,       ///< the job named by `id` has the new input: see OnConflict::replace
        parent_missing, ///< nothing happened: one of `after` does not exist; `id` names it
    };

    Outcome outcome = Outcome::created;
    JobId id = {};
    Timestamp created_at = {}; ///< of the job named by `id`, if it exists
};

/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(Submitted::Outcome) noexcept;

/// Which jobs a worker claims.
struct ClaimRequest {
    std::string_view worker;                       ///< the caller; recorded with the job
    std::span<const std::string> queues;           ///< served in this order
    std::size_t limit = 0;                         ///< 0: claim nothing; at most 1,000,000
    Duration lease_for = std::chrono::seconds{30}; ///< 0 - 365 days
    std::span<const Limit> limits = {};            ///< that apply to this worker's jobs only
    /// Claims more jobs than the worker can start at once: a job counts as started only after a
    /// Heartbeat reports it. See rescue().
    bool ahead = false;
};

/// A job under lease, with the data that its handler needs.
struct ClaimedJob {
    LeaseRef lease = {};
    std::string type = {};
    std::string queue = {};
    std::string owner = {};
    JsonText input = {};
    JsonText metadata = {};
    int attempt = 0; ///< 1 for the first attempt
    int max_attempts = 1;
    int crashes = 0;
    Duration timeout = {};
    Timestamp created_at = {};
    std::optional<Duration> start_within = {}; ///< from the claim to the job's deadline
    std::vector<Step> steps = {};              ///< recorded by earlier attempts
    /// A worker that had claimed it ahead was lost, perhaps just after it started the job. If the
    /// job is claimed ahead again, its start is reported before its handler is called.
    bool lost_ahead = false;
};

/// The outcome of one Settlement.
struct Settled {
    bool accepted = false; ///< false: the fence was old or the job not processing; nothing happened
    JobStatus status = JobStatus::pending; ///< the new status, if accepted
};

/// A due job that a limit kept from being claimed. It stays pending and unchanged, and becomes due
/// again by itself. Returned once for each such limit, until the job starts or changes otherwise.
struct Throttled {
    JobId id = {};
    std::string type = {};
    std::string queue = {};
    Timestamp created_at = {};
    std::string limit = {}; ///< its name
};

/// The outcome of exchange().
struct Exchange {
    std::vector<Settled> settled = {};    ///< one per settlement, in their order
    std::vector<ClaimedJob> claimed = {}; ///< within a queue, in the order of the claim
    /// If fewer jobs were claimed than requested: how long until the next pending job of these
    /// queues is due. Empty: no job is waiting.
    std::optional<Duration> next_due_in = {};
    bool needs_promotion = false;          ///< finished jobs have dependents: call promote()
    std::vector<Throttled> throttled = {}; ///< in this call
};

/// Renews a lease and carries what the handler reported.
struct Heartbeat {
    LeaseRef lease = {};
    std::optional<Progress> progress = {};
    std::optional<Step> step = {}; ///< appended to the recorded steps
    bool started = false;          ///< a job that was claimed ahead has started
};

/// The outcome of one Heartbeat.
struct Renewal {
    bool kept = false; ///< false: the lease is lost; nothing was written
    bool cancel_requested = false;
};

/// A job whose expired lease rescue() has ended.
struct Rescued {
    JobId id = {};
    std::string queue = {};
    JobStatus status = JobStatus::pending; ///< the new status
};

/// A job that waits for fewer parents than before.
struct Promoted {
    JobId id = {};
    std::string queue = {};
    JobStatus status = JobStatus::pending; ///< the new status
    int blocked_by = 0;
};

/// Which parts of each job are read. A store may read more.
enum class JobParts {
    all,
    outcome, ///< all but input, steps and attempt_errors
    summary, ///< all but those, metadata, the result and the details of the error
};

/// Which jobs to list, newest first. Empty members match every job.
struct JobQuery {
    static constexpr std::size_t max_limit = 100'000;

    std::optional<std::string> owner = {};
    std::optional<std::string> queue = {};
    std::optional<std::string> type = {};
    std::optional<JobStatus> status = {};
    bool library_jobs = true; ///< false: without jobs whose type begins with `asyncjobs.`
    std::optional<std::string> idempotency_key = {}; ///< only the job that holds it
    std::optional<JobId> needed_by = {};             ///< only the parents of this job
    std::optional<JobId> before = {}; ///< continues a listing: only ids smaller than this one
    std::size_t limit = 50;           ///< 1 - max_limit
    JobParts parts = JobParts::all;
};

/// The result of list().
struct JobPage {
    std::vector<Job> jobs = {};
    bool more = false; ///< more jobs match; continue with `before` = the last job's id
};

/// The outcome of cancel().
enum class CancelOutcome {
    cancelled,         ///< the job is cancelled now
    requested,         ///< the job is processing; its worker has been asked to stop, now or before
    already_cancelled, ///< nothing happened
    already_finished,  ///< completed or failed; nothing happened
    not_found,
};

/// The outcome of retry(). All but `retried` mean that nothing happened.
enum class RetryOutcome { retried, not_finished, already_completed, key_taken, not_found };
/// The outcome of remove(). All but `removed` mean that nothing happened.
enum class RemoveOutcome { removed, not_finished, not_found };

/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(CancelOutcome) noexcept;
/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(RetryOutcome) noexcept;
/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(RemoveOutcome) noexcept;

/// A queue's backlog and running jobs, for estimates and gauges.
struct Workload {
    static constexpr std::size_t count_limit = 1000;

    std::size_t waiting = 0;    ///< due pending jobs, counted up to count_limit
    std::size_t processing = 0; ///< likewise
    /// Mean run time of the type's recently completed jobs. Empty: unknown.
    std::optional<Duration> typical_run = {};
    bool paused = false;
};

/// A change that a store noticed in its clock: see JobStore::take_clock_notices().
struct ClockNotice {
    /// What was noticed.
    enum class Kind {
        set_back,     ///< it was set back; the times of jobs were moved back as well
        other_ahead,  ///< the clock of another process on the same data is ahead
        other_behind, ///< likewise, behind
    };
    Kind kind = Kind::set_back;
    Duration by = {};

    bool operator==(const ClockNotice&) const = default;
};

/// A storage backend for jobs. Implement it to add one.
///
/// Thread-safety  Every member may be called concurrently on one object.
/// Blocking       May block, for a bounded time. Called from asyncjobs' own threads, or from the
///                thread that calls a blocking member of Client.
/// Atomicity      Each call is one transaction: all of it happened, or none.
/// Clock          All times are the store's, from one clock for all its users, and never compared
///                with a caller's clock. If the clock is set back, due jobs stay due, in their
///                order, and no wait, lease or retention ends later than if it had begun then: from
///                the next call on, or from the next rescue(). See follow_clock().
/// Ownership      Arguments are borrowed for the call; results own their data.
/// Errors         Faults throw Error; `code() == Condition::retryable` if a retry may help,
///                Errc::unknown_outcome if the call may or may not have happened. Expected outcomes
///                are return values, never exceptions.
/// Arguments      Jobs and settlements have been validated (see validate(NewJob), JsonText). The
///                store checks every other argument (see store_helpers.hpp), and throws
///                Errc::invalid_argument before it does anything.
/// Conformance    testing::job_store_conformance() is the executable contract.
class ASYNCJOBS_DECL JobStore {
public:
    virtual ~JobStore() = default;

    /// Creates pending jobs, and returns one outcome per job, in the order of `jobs`. A conflict
    /// does not affect the other jobs of the batch. `run_at` is `now + delay` if no `run_at` is
    /// given. A job with parents is blocked by each of them, and not due before promote() has
    /// released it.
    virtual std::vector<Submitted> submit(std::span<const NewJob> jobs) = 0;

    /// Ends leases and takes new ones, in one transaction, settling first.
    ///
    /// A settlement is accepted if the job is processing with that fence, whether or not the lease
    /// has expired; it ends the lease, and its follow-ups are submitted with it. A cancel request
    /// is never lost: `retried` and `released` cancel a job whose cancellation was requested.
    /// `failed` and `retried` add to the job's attempt_errors, with the store's time. `released`
    /// without a delay keeps the job's `run_at`, and so its place in its queue.
    ///
    /// Claims due pending jobs of queues that are not paused, each for one claimer: attempt +1, a
    /// fence above every earlier one of this id, progress back to 0, lease set to `now +
    /// lease_for`. The order is by `run_at` less the head start of the priority (priority_step),
    /// then by id. A job that was due when it was submitted has its head start from then on; any
    /// other has it at the latest once promote() has been called after it became due. While enough
    /// other jobs can be claimed, a store may take a second to notice it.
    ///
    /// A job that a limit keeps from starting is skipped, and must not slow down later claims of
    /// other jobs; it becomes due again when the limit may admit it. See limit_buckets.hpp.
    virtual Exchange exchange(std::span<const Settlement> settlements,
                              const ClaimRequest& request) = 0;

    /// Extends leases to `now + lease_for` and writes progress and steps, if the fence still
    /// matches. A percentage below the stored one is not written. Returns one outcome per
    /// heartbeat, in their order.
    virtual std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats,
                                       Duration lease_for) = 0;

    /// Returns what renew() would, without a write: a worker notices a cancellation within a second
    /// by it. A store may override this implementation, which reads the jobs, with a cheaper one.
    virtual std::vector<Renewal> check_leases(std::span<const LeaseRef> leases);

    /// Returns the jobs that `worker` holds a lease on. After an exchange with unknown outcome, an
    /// executor finds its claims by it.
    virtual std::vector<ClaimedJob> leases_of(std::string_view worker) = 0;

    /// Ends up to `limit` expired leases, oldest first: crashes +1 and the attempt refunded. Then
    /// the job is failed (error_code::worker_lost) if `crash_limit` is reached, cancelled if that
    /// was requested, and otherwise pending and due at once. A job that failed so gets one more
    /// entry in attempt_errors. A limit, here and in promote() and purge(), is 0 - 1,000,000; a
    /// crash_limit is 1 or more.
    ///
    /// A job that was claimed ahead, and whose start was not reported, counts no crash, is not
    /// failed, and keeps its `run_at`. Later claims return it as `lost_ahead`, until its start is
    /// reported, it is lost otherwise, or an operator retries it.
    virtual std::vector<Rescued> rescue(std::size_t limit, int crash_limit) = 0;

    /// Unblocks dependents of up to `limit` finished jobs and returns them. `blocked_by` decreases;
    /// at 0, the job is due at once, or at its `run_at` if that is later. If a parent failed or was
    /// cancelled, the job's on_parent_failure decides. No job is counted twice. Call until it
    /// returns an empty vector.
    ///
    /// Also applies the head start of their priority to up to `limit` due jobs, including those
    /// just unblocked: see exchange(). That is no visible change.
    virtual std::vector<Promoted> promote(std::size_t limit) = 0;

    /// Deletes up to `limit` finished jobs whose `expires_at` has passed, and returns how many.
    /// Jobs that promote() has yet to process stay. A job with an owner leaves a tombstone for a
    /// while: see tombstone_until().
    virtual std::size_t purge(std::size_t limit) = 0;

    /// Returns the owner of a job that purge() has deleted, as long as its tombstone exists.
    virtual std::optional<std::string> tombstone_owner(const JobId& id) = 0;

    /// In the order of `ids`; empty if no such job exists.
    virtual std::vector<std::optional<Job>> find(std::span<const JobId> ids) = 0;

    /// Like find(), but returns only the fields needed to poll a job's status: `id`, `type`,
    /// `queue`, `owner`, `status`, `progress.percent`, `revision`, `created_at`, `run_at`,
    /// `started_at` and `expires_at`. A store may override this implementation, which reads whole
    /// jobs, with a cheaper one.
    virtual std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) {
        return find(ids);
    }

    /// Returns the jobs that match `query`, newest first, and whether there are more.
    virtual JobPage list(const JobQuery& query) = 0;

    /// Cancels a pending job, or a processing one if forced; otherwise asks the worker of a
    /// processing job to stop. Keeps the reason of the first request, or of the forced one.
    virtual CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) = 0;

    /// Restarts a failed or cancelled job: pending, due now, unblocked, with attempts, crashes,
    /// progress, errors, deadline and cancellation cleared; the fence and the steps stay.
    virtual RetryOutcome retry(const JobId& id) = 0;

    /// Deletes a finished job before it expires.
    virtual RemoveOutcome remove(const JobId& id) = 0;

    /// Returns the backlog of `queue`, and how long jobs of `type` take. Cheap at any backlog.
    virtual Workload workload(std::string_view queue, std::string_view type) = 0;

    /// A paused queue accepts submits, but no process claims from it. Idempotent.
    virtual void set_paused(std::string_view queue, bool paused) = 0;

    /// Sets the limit of this name. A limit with no constraint set deletes it. Running jobs
    /// continue, and count if they were claimed under a limit of that name; a changed rate starts
    /// afresh. Claims through other objects observe it within a second.
    virtual void set_limit(const Limit& limit) = 0;

    /// By name.
    virtual std::vector<Limit> limits() = 0;

    /// Makes calls under way on this object that wait for an unresponsive database throw
    /// Errc::store_unavailable or unknown_outcome soon, so that their callers can stop. Later calls
    /// are not affected. A store whose calls never wait for long need not override it.
    virtual void interrupt() noexcept {}

    /// Returns the changes of the clock that were noticed since the last call, each once, for the
    /// log. Does not block.
    virtual std::vector<ClockNotice> take_clock_notices() { return {}; }

    /// Where users of this object exchange hints. A store need not override it; a decorator returns
    /// its inner store's.
    virtual Notifier& notifier() noexcept { return notifier_; }

    /// exchange() without settlements.
    Exchange claim(const ClaimRequest& request) { return exchange({}, request); }
    /// exchange() without a claim.
    std::vector<Settled> settle(std::span<const Settlement> settlements) {
        return exchange(settlements, {}).settled;
    }

private:
    Notifier notifier_;
};

inline std::vector<Renewal> JobStore::check_leases(std::span<const LeaseRef> leases) {
    std::vector<JobId> ids;
    ids.reserve(leases.size());
    for (const LeaseRef& lease : leases) ids.push_back(lease.id);
    const auto jobs = find(ids);
    std::vector<Renewal> renewals(leases.size());
    for (std::size_t i = 0; i < leases.size(); ++i) {
        const auto& job = jobs[i];
        if (job && job->status == JobStatus::processing && job->fence == leases[i].fence)
            renewals[i] = {true, job->cancel_requested_at.has_value()};
    }
    return renewals;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/job_store.ipp>
#endif
