#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/limits.hpp>
#include <asyncjobs/notifier.hpp>
#include <asyncjobs/settlement.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The answer to one NewJob.
struct Submitted {
    enum class Outcome {
        created,
        id_exists, ///< nothing happened: the id is taken (a submit that was repeated finds its own
                   ///< job)
        repeated,  ///< nothing happened: `id` names the job that has the idempotency key
        key_taken, ///< nothing happened: a live job holds the unique key; `id` names that job
        replaced,  ///< the job that `id` names has the new input now: see OnConflict::replace
        parent_missing, ///< nothing happened: one of `after` is not there; `id` names it
    };

    Outcome outcome = Outcome::created;
    JobId id = {};
    Timestamp created_at = {}; ///< of the job that `id` names, if there is one
};

/// What a worker wants to take.
struct ClaimRequest {
    std::string_view worker;                       ///< who asks; recorded with the job
    std::span<const std::string> queues;           ///< served in this order
    std::size_t limit = 0;                         ///< 0: claim nothing; at most 1,000,000
    Duration lease_for = std::chrono::seconds{30}; ///< 0 - 365 days
    std::span<const Limit> limits = {};            ///< that count the jobs of this worker only
    /// More jobs than the worker can start at once: none of them counts as started before a
    /// Heartbeat says so. See rescue().
    bool ahead = false;
};

/// A job under lease, with what its handler needs.
struct ClaimedJob {
    LeaseRef lease = {};
    std::string type = {};
    std::string queue = {};
    std::string owner = {};
    JsonText input = {};
    JsonText metadata = {};
    int attempt = 0; ///< 1 on the first try
    int max_attempts = 1;
    int crashes = 0;
    Duration timeout = {};
    Timestamp created_at = {};
    std::optional<Duration> start_within = {}; ///< from the claim to the job's deadline
    std::vector<Step> steps = {};              ///< that earlier attempts have done
    /// A worker was lost that had claimed it ahead, and had perhaps just started it. If it is
    /// claimed ahead again, its start is reported before its handler is called.
    bool lost_ahead = false;
};

/// The answer to one Settlement.
struct Settled {
    bool accepted = false; ///< false: the fence was old or the job not processing; nothing happened
    JobStatus status = JobStatus::pending; ///< what the job is now; of an accepted one only
};

/// A job that a limit kept from being claimed: it is pending and not changed, and comes back by
/// itself. Returned once for each limit that holds the job back, until the job starts or something
/// else happens to it.
struct HeldBack {
    JobId id = {};
    std::string type = {};
    std::string queue = {};
    Timestamp created_at = {};
    std::string limit = {}; ///< its name
};

/// The answer to exchange().
struct Exchange {
    std::vector<Settled> settled = {};    ///< one an entry, in the order of the settlements
    std::vector<ClaimedJob> claimed = {}; ///< within a queue in the order of the claim
    /// When fewer were claimed than asked for: how long until the next pending job of these queues
    /// is due. Empty: none is waiting.
    std::optional<Duration> next_due_in = {};
    bool has_to_unblock = false; ///< jobs have finished that others wait for: call unblock()
    std::vector<HeldBack> held_back = {}; ///< in this call
};

/// Keeps a lease alive and carries what the handler reported.
struct Heartbeat {
    LeaseRef lease = {};
    std::optional<Progress> progress = {};
    std::optional<Step> step = {}; ///< added to those that are done
    bool started = false;          ///< a job that was claimed ahead runs
};

/// The answer to one Heartbeat.
struct Renewal {
    bool kept = false; ///< false: the lease is lost; nothing was written
    bool cancel_requested = false;
};

struct Rescued {
    JobId id = {};
    std::string queue = {};
    JobStatus status = JobStatus::pending; ///< what it is now
};

/// A job that waits for fewer others than before.
struct Unblocked {
    JobId id = {};
    std::string queue = {};
    JobStatus status = JobStatus::pending; ///< what it is now
    int blocked_by = 0;
};

/// How much of each job is read. A store may read more.
enum class JobParts {
    all,
    outcome, ///< all but input, steps and attempt_errors
    summary, ///< all but those, metadata, the result and the details of the error
};

/// Which jobs to list, newest first. Empty members do not restrict.
struct JobQuery {
    static constexpr std::size_t max_limit = 100'000;

    std::optional<std::string> owner = {};
    std::optional<std::string> queue = {};
    std::optional<std::string> type = {};
    std::optional<JobStatus> status = {};
    bool library_jobs = true; ///< false: no job whose type begins with `asyncjobs.`
    std::optional<std::string> idempotency_key = {}; ///< only the job that holds it
    std::optional<JobId> needed_by = {};             ///< only the parents of this job
    std::optional<JobId> before = {}; ///< continues a listing: only ids smaller than this one
    std::size_t limit = 50;           ///< 1 - max_limit
    JobParts parts = JobParts::all;
};

struct JobPage {
    std::vector<Job> jobs = {};
    bool more = false; ///< there are more; continue with `before` = the last job's id
};

enum class CancelOutcome {
    cancelled,         ///< it is cancelled now
    requested,         ///< it is processing; its worker has been asked to stop, now or before
    already_cancelled, ///< nothing happened
    already_finished,  ///< completed or failed; nothing happened
    not_found,
};

enum class RetryOutcome { retried, not_finished, already_completed, key_taken, not_found };
enum class RemoveOutcome { removed, not_finished, not_found };

/// What a queue has before it, for estimates and gauges.
struct Workload {
    static constexpr std::size_t count_limit = 1000;

    std::size_t waiting = 0;    ///< due pending jobs, counted up to count_limit
    std::size_t processing = 0; ///< likewise
    /// Mean time that the type's recently completed jobs took to run. Empty: none is known.
    std::optional<Duration> typical_run = {};
    bool paused = false;
};

/// What a store has noticed of its clock: see JobStore::take_clock_notices().
struct ClockNotice {
    enum class Kind {
        set_back,     ///< it was set back; the times of jobs were moved back as well
        other_ahead,  ///< another process that uses the same data has a clock that is ahead
        other_behind, ///< likewise, behind
    };
    Kind kind = Kind::set_back;
    Duration by = {};

    bool operator==(const ClockNotice&) const = default;
};

/// Where jobs live. Implement this to add a storage backend.
///
/// Thread-safety  Every member may be called concurrently on one object.
/// Blocking       May block, for a bounded time; is called from asyncjobs' own threads, or from the
///                thread that calls a blocking member of Client.
/// Atomicity      Each call is one transaction: all of it happened, or none.
/// Clock          All times are the store's own, one clock for all its users; a caller's clock is
///                never compared with it. If it is set back, what was due stays due, in its order,
///                and no wait, lease or retention ends later than it would have if it had begun
///                then: from the next call on, or from the next rescue(). See follow_clock().
/// Ownership      Arguments are borrowed for the call; results own their data.
/// Errors         Faults throw Error; `code() == Condition::retryable` when trying again may help,
///                Errc::unknown_outcome when the call may or may not have happened. Expected
///                outcomes are return values, never exceptions.
/// Arguments      Jobs and settlements have been validated (see validate(NewJob), JsonText); need
/// no
///                second check. Every other argument is checked by the store (see
///                store_helpers.hpp), which throws Errc::invalid_argument before it does anything.
/// Conformance    testing::job_store_conformance() is the executable contract.
class ASYNCJOBS_DECL JobStore {
public:
    virtual ~JobStore() = default;

    /// Makes pending jobs. One conflict does not touch the others of the batch. `run_at` is `now +
    /// delay` where no `run_at` is given. A job with parents is blocked by all of them, and not due
    /// before unblock() has let it go. Answers in the order of `jobs`.
    virtual std::vector<Submitted> submit(std::span<const NewJob> jobs) = 0;

    /// Ends leases and takes new ones, in one transaction, settling first.
    ///
    /// A settlement is accepted if the job is processing with that fence, whether or not the lease
    /// has run out; it ends the lease, and its follow-ups are submitted with it. A cancel request
    /// is never lost: `retried` and `released` of a job whose cancellation was requested cancel it.
    /// `failed` and `retried` add to the job's attempt_errors, with the store's time. `released`
    /// without a delay leaves the job's `run_at` as it is: it keeps its place in its queue.
    ///
    /// Claimed are pending jobs that are due, of queues that are not paused, to one claimer each:
    /// attempt +1, a fence above all that this id has had, progress back to 0, lease set to
    /// `now + lease_for`. They go by `run_at`, from which a priority takes its head start
    /// (priority_step), and then by id. A job that was due when it was submitted has its head start
    /// from then on; any other has it when unblock() has been called since it became due, if not
    /// before. While there is enough else to claim, a store may take a second to notice it.
    ///
    /// A job that a limit keeps from starting is passed over, and must not be in the way of others
    /// in later claims; it is due again when there may be a place for it. See limit_lines.hpp.
    virtual Exchange exchange(std::span<const Settlement> settlements,
                              const ClaimRequest& request) = 0;

    /// Extends leases to `now + lease_for` and writes progress and steps, where the fence still
    /// matches. A percentage lower than the known one is not written. Answers in the order of
    /// `heartbeats`.
    virtual std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats,
                                       Duration lease_for) = 0;

    /// What renew() would answer, without a write: how a worker hears of a cancellation within a
    /// second. A store may have a cheaper way than this, which reads the jobs.
    virtual std::vector<Renewal> check(std::span<const LeaseRef> leases);

    /// The jobs that `worker` holds a lease on: how an executor learns what became of an exchange
    /// whose answer was lost.
    virtual std::vector<ClaimedJob> held(std::string_view worker) = 0;

    /// Takes away up to `limit` leases that ran out, oldest first: crashes +1 and the attempt
    /// refunded; then the job is failed (error_code::worker_lost) if `crash_limit` is reached,
    /// cancelled if that was requested, and pending and due at once otherwise. A job that failed
    /// so has one more of attempt_errors. A limit, here and of the next two, is 0 - 1,000,000; a
    /// crash_limit 1 or more.
    ///
    /// A job that was claimed ahead, and whose start was not reported, counts no crash and is not
    /// failed, and keeps its `run_at`. Its next claims return it as `lost_ahead`, until its start
    /// is reported, it is lost otherwise, or an operator retries it.
    virtual std::vector<Rescued> rescue(std::size_t limit, int crash_limit) = 0;

    /// Lets go those who wait for up to `limit` finished jobs, and answers them: `blocked_by` goes
    /// down and, at 0, the job is due, or at its `run_at` if that is later. Where a parent failed
    /// or was cancelled, the job's on_parent_failure decides. No job is counted twice. Call it
    /// until it answers nobody.
    ///
    /// It also gives up to `limit` due jobs, those that it lets go among them, the head start that
    /// their priority is worth: see exchange(). That is no visible change.
    virtual std::vector<Unblocked> unblock(std::size_t limit) = 0;

    /// Deletes up to `limit` finished jobs whose `expires_at` has passed; answers how many. One
    /// that unblock() has yet to look at stays. Of a job with an owner, a tombstone stays for a
    /// while: see tombstone_until().
    virtual std::size_t purge(std::size_t limit) = 0;

    /// The owner of a job that purge() has deleted, while its tombstone is there.
    virtual std::optional<std::string> purged_owner(const JobId& id) = 0;

    /// In the order of `ids`; empty where there is no such job.
    virtual std::vector<std::optional<Job>> find(std::span<const JobId> ids) = 0;

    /// What who polls wants to know: like find(), but of each job only its `id`, `type`, `queue`,
    /// `owner`, `status`, `progress.percent`, `revision`, `created_at`, `run_at`, `started_at` and
    /// `expires_at`. A store may have a cheaper way than this, which reads the whole jobs.
    virtual std::vector<std::optional<Job>> glance(std::span<const JobId> ids) { return find(ids); }

    virtual JobPage list(const JobQuery& query) = 0;

    /// Cancels a pending job, and one that is processing if it is forced; asks a processing one to
    /// stop otherwise. The first request's reason is kept, or the forced one's.
    virtual CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) = 0;

    /// Starts a failed or cancelled job anew: pending, due now, attempts, crashes, progress,
    /// errors, deadline and cancellation cleared, and blocked by nothing; the fence and the steps
    /// go on.
    virtual RetryOutcome retry(const JobId& id) = 0;

    /// Deletes a finished job before its time.
    virtual RemoveOutcome remove(const JobId& id) = 0;

    /// What waits and runs in `queue`, and how long jobs of `type` take. Cheap at any backlog.
    virtual Workload workload(std::string_view queue, std::string_view type) = 0;

    /// A paused queue takes submits but is not claimed from, by any process. Idempotent.
    virtual void set_paused(std::string_view queue, bool paused) = 0;

    /// Sets the limit of this name; one that limits nothing takes it away. What runs goes on, and
    /// counts if it was claimed under a limit of the name; a rate that is changed begins anew.
    /// Claims by way of other objects obey it within a second.
    virtual void set_limit(const Limit& limit) = 0;

    /// By name.
    virtual std::vector<Limit> limits() = 0;

    /// Makes the calls that are under way on this object throw Errc::store_unavailable or
    /// unknown_outcome soon, where they wait for a database that does not answer: for whoever has
    /// to end and can't wait for it. Calls that come later are not affected. A store whose calls
    /// never wait for long has nothing to do.
    virtual void interrupt() noexcept {}

    /// What was noticed of the clock since the last call of this, once for each time that it
    /// happens: to be logged. Does not block.
    virtual std::vector<ClockNotice> take_clock_notices() { return {}; }

    /// Where this object's users exchange hints. A store has nothing to do for it; a decorator
    /// returns its inner store's.
    virtual Notifier& notifier() noexcept { return notifier_; }

    Exchange claim(const ClaimRequest& request) { return exchange({}, request); }
    std::vector<Settled> settle(std::span<const Settlement> settlements) {
        return exchange(settlements, {}).settled;
    }

private:
    Notifier notifier_;
};

inline std::vector<Renewal> JobStore::check(std::span<const LeaseRef> leases) {
    std::vector<JobId> ids;
    ids.reserve(leases.size());
    for (const LeaseRef& lease : leases) ids.push_back(lease.id);
    const auto jobs = find(ids);
    std::vector<Renewal> answers(leases.size());
    for (std::size_t i = 0; i < leases.size(); ++i) {
        const auto& job = jobs[i];
        if (job && job->status == JobStatus::processing && job->fence == leases[i].fence)
            answers[i] = {true, job->cancel_requested_at.has_value()};
    }
    return answers;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
