#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/store/audit.hpp>
#include <asyncjobs/store/count.hpp>
#include <asyncjobs/store/job_search.hpp>
#include <asyncjobs/store/job_wait.hpp>
#include <asyncjobs/store/outcomes.hpp>
#include <asyncjobs/store/tallies.hpp>
#include <asyncjobs/store/workers.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// How many jobs have each status.
struct StatusCounts {
    Count pending = {};
    Count processing = {};
    Count completed = {};
    Count failed = {};
    Count cancelled = {};
    Timestamp now = {}; ///< by the store's clock
};

/// A queue that has pending or processing jobs, or is paused.
struct QueueState {
    std::string name = {};
    Count due = {};       ///< pending, and a worker may claim them now
    Count scheduled = {}; ///< pending, and not due yet
    Count blocked = {};   ///< pending, and a parent has not finished
    Count throttled = {}; ///< pending, and not due before a limit lets them start
    Count processing = {};
    std::optional<Timestamp> paused_since = {};
    /// When the job became due that will be claimed next.
    std::optional<Timestamp> oldest_due = {};
};

/// The result of OperatorStore::queues().
struct QueuePage {
    std::vector<QueueState> queues = {};  ///< by name
    std::optional<std::string> next = {}; ///< continue with `after` = this; empty: these are all
    Timestamp now = {};                   ///< by the store's clock
};

/// What operators ask a store, and do to many jobs at once. A store that has one returns it from
/// JobStore::operators().
///
/// Thread-safety  Every member may be called concurrently.
/// Cost           Bounded, whatever is stored: no call reads or sorts all jobs.
/// Freshness      A job that has come to an earlier place in its queue, or through another object,
///                may be counted a second later.
/// Otherwise      As JobStore: blocking, atomicity, clock, errors and ownership.
/// Conformance    testing::operator_store_conformance() is the executable contract.
class ASYNCJOBS_DECL OperatorStore {
public:
    static constexpr std::size_t max_batch = 500;     ///< jobs in one change
    static constexpr std::size_t max_queues = 1'000;  ///< in one page
    static constexpr std::size_t max_workers = 1'000; ///< in one page

    virtual ~OperatorStore() = default;

    /// Counts the jobs of each status: beyond Count::counted by the database's estimate, if it has
    /// one.
    virtual StatusCounts counts() = 0;

    /// Returns up to `limit` (1 - max_queues) queues whose names come after `after`, a text of at
    /// most 255 bytes of UTF-8 without control characters. A page may have fewer, or none, and
    /// still a next one.
    virtual QueuePage queues(std::string_view after, std::size_t limit) = 0;

    /// Returns the jobs that match, in the order of order_of(). A page may have fewer than
    /// `search.limit`, or none, and still a next one.
    virtual JobSearchPage search(const JobSearch& search) = 0;

    /// Explains what a job waits for. Empty if no such job exists.
    virtual std::optional<JobWait> why(const JobId& id) = 0;

    /// @name Changes of up to max_batch jobs, in one transaction
    /// As the members of JobStore for one job, one after the other; returns one outcome per id, in
    /// the order of `ids`.
    /// @{

    /// See JobStore::cancel().
    virtual std::vector<CancelOutcome> cancel(std::span<const JobId> ids,
                                              const Cancellation& cancellation) = 0;
    /// See JobStore::retry().
    virtual std::vector<RetryOutcome> retry(std::span<const JobId> ids) = 0;
    /// See JobStore::remove().
    virtual std::vector<RemoveOutcome> remove(std::span<const JobId> ids) = 0;
    /// Makes pending jobs that wait for their time due now: for a `run_at`, a retry's pause or a
    /// snooze. Nothing else changes: a deadline stays, and a limit applies.
    virtual std::vector<RunNowOutcome> run_now(std::span<const JobId> ids) = 0;

    /// @}

    /// @name Workers, and what they did
    /// @{

    /// Records a worker's report, adds its tallies to those of their minutes, hours and days, and
    /// returns the order that the worker has not carried out, all in one transaction.
    ///
    /// A heartbeat of the same run whose number is not greater than that of the last one changes
    /// nothing, so that one whose outcome is unknown is counted once. Another run is a restart: its
    /// report replaces the last one, and an order that has not expired is for the new run.
    virtual WorkerOrders heartbeat(const WorkerHeartbeat& heartbeat) = 0;

    /// Returns up to `limit` (1 - max_workers) workers whose names come after `after`: a text like
    /// that of queues().
    virtual WorkerPage workers(std::string_view after, std::size_t limit) = 0;

    /// Orders a worker to do something. It gets the order with one of its next heartbeats, within
    /// `valid_for` (1 s - 1 h), or not at all. An earlier order that it has not carried out is
    /// merged: of each member the later value counts. Returns false if no such worker exists, or if
    /// it has stopped or died.
    virtual bool order(std::string_view worker, const WorkerOrder& order, Duration valid_for) = 0;

    /// Returns tallies by key. Looks at up to `query.limit` tallies of the period from `since` to
    /// `until`: a page may have fewer, or none, and still a next one.
    virtual HistoryPage history(const HistoryQuery& query) = 0;

    /// @}

    /// @name What operators did
    /// @{

    /// Keeps an entry, with the store's time. Changes nothing if an entry has its id.
    virtual void record(const AuditEntry& entry) = 0;
    /// Returns entries, newest first by id.
    virtual AuditPage audit(const AuditQuery& query) = 0;

    /// @}

    /// Deletes up to `limit` rows: workers whose last heartbeat is older than
    /// WorkerRecord::kept_for, tallies that are older than their period's kept_for(), and audit
    /// entries that are older than AuditQuery::kept_for. Returns how many.
    virtual std::size_t purge(std::size_t limit) = 0;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
