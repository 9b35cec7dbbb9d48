#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/limits.hpp>
#include <asyncjobs/store/capabilities.hpp>
#include <asyncjobs/store/claims.hpp>
#include <asyncjobs/store/notifier.hpp>
#include <asyncjobs/store/outcomes.hpp>
#include <asyncjobs/store/queries.hpp>
#include <asyncjobs/store/settlement.hpp>
#include <asyncjobs/store/sweeps.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

class OperatorStore;

/// A storage backend for jobs. Implement it to add one: the pure virtual members, and those of the
/// capabilities that it declares. Members are grouped by their callers.
///
/// Thread-safety  Every member may be called concurrently on one object.
/// Blocking       May block, for a bounded time. Called from asyncjobs' own threads, or from the
///                thread that calls a blocking member of Client.
/// Atomicity      Each call is one transaction: all of it happened, or none.
/// Clock          All times are the store's, from one clock for all its users, and never compared
///                with a caller's clock. If the clock is set back, a due job stays due, in its
///                order, unless it waited for a time that lies in the future again; and no wait,
///                lease or retention ends later than if it had begun then: from the next call on,
///                or from the next rescue(). See follow_clock().
/// Ownership      Arguments are borrowed for the call; results own their data.
/// Errors         Faults throw Error; `code() == Condition::retryable` if a retry may help,
///                Errc::unknown_outcome if the call may or may not have happened. Expected outcomes
///                are return values, never exceptions. Errc::unsupported if a call needs a
///                capability that is not declared.
/// Arguments      Jobs and settlements have been validated (see validate(NewJob), JsonText). The
///                store checks every other argument (see store_helpers.hpp), and throws
///                Errc::invalid_argument or unsupported before it does anything.
/// Conformance    testing::job_store_conformance() is the executable contract of what a store
///                declares.
class ASYNCJOBS_DECL JobStore {
public:
    virtual ~JobStore() = default;

    /// Returns what the store can do besides its pure virtual members; never changes. None by
    /// default.
    virtual StoreCapabilities capabilities() const noexcept { return {}; }

    /// @name For submitters
    /// @{

    /// Creates pending jobs, and returns one outcome per job, in the order of `jobs`. A conflict
    /// does not affect the other jobs of the batch. `run_at` is `now + delay` if no `run_at` is
    /// given. A job with parents (capability: dependencies) is blocked by each of them, and not due
    /// before promote() has released it.
    virtual std::vector<Submitted> submit(std::span<const NewJob> jobs) = 0;

    /// @}

    /// @name For workers
    /// @{

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
    /// A job that a limit keeps from starting (capability: limits) is skipped, and must not slow
    /// down later claims of other jobs; it becomes due again when the limit may admit it. See
    /// limit_buckets.hpp.
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

    /// @}

    /// @name For maintenance
    /// @{

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
    ///
    /// A store without dependencies that computes head starts in the claim need not override it.
    virtual std::vector<Promoted> promote(std::size_t limit);

    /// Deletes up to `limit` finished jobs whose `expires_at` has passed, and returns how many.
    /// Jobs that promote() has yet to process stay. A job with an owner leaves a tombstone
    /// (capability: tombstones) for a while: see tombstone_until().
    virtual std::size_t purge(std::size_t limit) = 0;

    /// Returns the changes of the clock that were noticed since the last call, each once, for the
    /// log. Does not block.
    virtual std::vector<ClockNotice> take_clock_notices() { return {}; }

    /// @}

    /// @name For readers
    /// @{

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

    /// Capability: tombstones. Returns the owner of a job that purge() has deleted, as long as its
    /// tombstone exists.
    virtual std::optional<std::string> tombstone_owner(const JobId& id);

    /// Capability: workload. Returns the backlog of `queue`, and how long jobs of `type` take.
    /// Cheap at any backlog.
    virtual Workload workload(std::string_view queue, std::string_view type);

    /// @}

    /// @name For operators
    /// @{

    /// Cancels a pending job, or a processing one if forced; otherwise asks the worker of a
    /// processing job to stop. Keeps the reason of the first request, or of the forced one.
    virtual CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) = 0;

    /// Restarts a failed or cancelled job: pending, due now, unblocked, with attempts, crashes,
    /// progress, errors, deadline and cancellation cleared; the fence and the steps stay.
    virtual RetryOutcome retry(const JobId& id) = 0;

    /// Deletes a finished job before it expires.
    virtual RemoveOutcome remove(const JobId& id) = 0;

    /// Capability: queue_control. A paused queue accepts submits, but no process claims from it.
    /// Idempotent.
    virtual void set_paused(std::string_view queue, bool paused);

    /// Capability: limits. Sets the limit of this name. A limit with no constraint set deletes it.
    /// Running jobs continue, and count if they were claimed under a limit of that name; a changed
    /// rate starts afresh. Claims through other objects observe it within a second.
    virtual void set_limit(const Limit& limit);

    /// Capability: limits. Returns them by name.
    virtual std::vector<Limit> limits();

    /// Returns what operators ask the store and do to many jobs; null if it has nothing of that.
    /// Valid as long as the store.
    virtual OperatorStore* operators() noexcept { return nullptr; }

    /// @}

    /// @name Of the object
    /// @{

    /// Makes calls under way on this object that wait for an unresponsive database throw
    /// Errc::store_unavailable or unknown_outcome soon, so that their callers can stop. Later calls
    /// are not affected. A store whose calls never wait for long need not override it.
    virtual void interrupt() noexcept {}

    /// Where users of this object exchange hints. A store need not override it; a decorator returns
    /// its inner store's.
    virtual Notifier& notifier() noexcept { return notifier_; }

    /// @}

    /// exchange() without settlements.
    Exchange claim(const ClaimRequest& request) { return exchange({}, request); }
    /// exchange() without a claim.
    std::vector<Settled> settle(std::span<const Settlement> settlements) {
        return exchange(settlements, {}).settled;
    }

private:
    Notifier notifier_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/job_store.ipp>
#endif
