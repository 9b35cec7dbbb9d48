#pragma once

#include <asyncjobs/json_text.hpp>
#include <asyncjobs/limits.hpp>
#include <asyncjobs/operations/rights.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The documents of requests and responses. Durations are in seconds.
namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

struct CountDocument {
    std::uint64_t value = 0;
    std::string precision = {}; ///< exact, at_least or about
};
BOOST_DESCRIBE_STRUCT(CountDocument, (), (value, precision))

struct MeDocument {
    std::string who = {};
    std::vector<std::string> rights = {};
    std::string version = {}; ///< of the library
    Timestamp now = {};       ///< by the store's clock
};
BOOST_DESCRIBE_STRUCT(MeDocument, (), (who, rights, version, now))

struct QueueDocument {
    std::string queue = {};
    CountDocument due = {};
    CountDocument scheduled = {};
    CountDocument blocked = {};
    CountDocument throttled = {};
    CountDocument processing = {};
    std::optional<Timestamp> paused_since = {};
    std::optional<Timestamp> oldest_due = {};
    std::optional<Duration> oldest_due_age = {};
};
BOOST_DESCRIBE_STRUCT(QueueDocument, (),
                      (queue, due, scheduled, blocked, throttled, processing, paused_since,
                       oldest_due, oldest_due_age))

struct QueueListDocument {
    std::vector<QueueDocument> queues = {};
    std::optional<std::string> next_after = {};
    Timestamp now = {};
};
BOOST_DESCRIBE_STRUCT(QueueListDocument, (), (queues, next_after, now))

struct OverviewDocument {
    std::map<std::string, CountDocument> jobs = {};    ///< by status
    std::map<std::string, std::uint64_t> workers = {}; ///< by state
    std::optional<Duration> oldest_due_age = {};
    std::vector<QueueDocument> queues = {}; ///< the first ones
    bool more_queues = false;
    Timestamp now = {};
};
BOOST_DESCRIBE_STRUCT(OverviewDocument, (),
                      (jobs, workers, oldest_due_age, queues, more_queues, now))

struct JobErrorDocument {
    std::string code = {};
    std::string message = {};
};
BOOST_DESCRIBE_STRUCT(JobErrorDocument, (), (code, message))

struct JobDocument {
    std::string job_id = {};
    std::string type = {};
    std::string queue = {};
    std::optional<std::string> owner = {};
    std::string status = {};
    int priority = 0;
    int progress = 0;
    std::optional<std::string> message = {};
    std::optional<JobErrorDocument> error = {};
    int attempt = 0;
    int max_attempts = 1;
    int crashes = 0;
    std::optional<std::string> worker = {};
    std::optional<std::string> limit_key = {};
    std::optional<std::string> cancel_reason = {};
    int parents = 0;
    int blocked_by = 0;
    std::int64_t revision = 1;
    Timestamp created_at = {};
    Timestamp updated_at = {};
    Timestamp run_at = {};
    std::optional<Timestamp> deadline = {};
    std::optional<Timestamp> started_at = {};
    std::optional<Timestamp> finished_at = {};
    std::optional<Timestamp> cancel_requested_at = {};
    std::optional<Timestamp> lease_expires_at = {};
    std::optional<Timestamp> expires_at = {};
};
BOOST_DESCRIBE_STRUCT(JobDocument, (),
                      (job_id, type, queue, owner, status, priority, progress, message, error,
                       attempt, max_attempts, crashes, worker, limit_key, cancel_reason, parents,
                       blocked_by, revision, created_at, updated_at, run_at, deadline, started_at,
                       finished_at, cancel_requested_at, lease_expires_at, expires_at))

struct AttemptErrorDocument {
    int attempt = 0;
    Timestamp at = {};
    std::string worker = {};
    std::string code = {};
    std::string message = {};
};
BOOST_DESCRIBE_STRUCT(AttemptErrorDocument, (), (attempt, at, worker, code, message))

/// A single job.
struct WholeJobDocument : JobDocument {
    std::vector<AttemptErrorDocument> attempt_errors = {}; ///< of this run, oldest first
};
BOOST_DESCRIBE_STRUCT(WholeJobDocument, (JobDocument), (attempt_errors))

struct JobListDocument {
    std::vector<JobDocument> jobs = {};
    std::optional<std::string> next_cursor = {}; ///< even if `jobs` is empty: look further
    /// The last job that was looked at, if there are more: its id has the day.
    std::optional<std::string> looked_until = {};
};
BOOST_DESCRIBE_STRUCT(JobListDocument, (), (jobs, next_cursor, looked_until))

struct LimitDocument {
    std::string name = {};
    std::string queue = {};
    std::string type = {};
    std::string scope = "limit";
    std::uint64_t concurrency = 0;
    std::uint64_t rate = 0;
    Duration period = std::chrono::seconds{1};
    std::uint64_t burst = 1;
    bool round_robin = false;
};
BOOST_DESCRIBE_STRUCT(LimitDocument, (),
                      (name, queue, type, scope, concurrency, rate, period, burst, round_robin))

struct LimitListDocument {
    std::vector<LimitDocument> limits = {};
};
BOOST_DESCRIBE_STRUCT(LimitListDocument, (), (limits))

struct LimitWaitDocument {
    LimitDocument limit = {};
    std::string counted_for = {};
    CountDocument before = {};
    std::uint64_t held = 0;
    std::vector<std::string> holders = {};
    std::optional<Timestamp> next_start = {};
};
BOOST_DESCRIBE_STRUCT(LimitWaitDocument, (),
                      (limit, counted_for, before, held, holders, next_start))

/// See WorkerWait.
struct WorkerWaitDocument {
    std::uint64_t workers = 0;
    std::uint64_t quiet = 0;
    std::uint64_t busy = 0;
};
BOOST_DESCRIBE_STRUCT(WorkerWaitDocument, (), (workers, quiet, busy))

struct WhyDocument {
    std::string sentence = {};
    std::string status = {};
    std::optional<std::string> queue = {};
    std::optional<Timestamp> paused_since = {};
    std::optional<Timestamp> not_before = {};
    std::uint64_t blocked_by = 0;
    std::vector<std::string> parents = {};
    std::optional<LimitWaitDocument> limit = {};
    CountDocument before = {};
    std::optional<WorkerWaitDocument> workers = {};
    Timestamp now = {};
};
BOOST_DESCRIBE_STRUCT(WhyDocument, (),
                      (sentence, status, queue, paused_since, not_before, blocked_by, parents,
                       limit, before, workers, now))

struct GraphDocument {
    std::vector<JobDocument> parents = {};
    std::vector<JobDocument> children = {};
    bool more = false;
};
BOOST_DESCRIBE_STRUCT(GraphDocument, (), (parents, children, more))

struct OutcomeDocument {
    std::string outcome = {};
};
BOOST_DESCRIBE_STRUCT(OutcomeDocument, (), (outcome))

struct OrderDocument {
    std::optional<bool> quiet = {};
    std::optional<std::uint64_t> concurrency = {};
};
BOOST_DESCRIBE_STRUCT(OrderDocument, (), (quiet, concurrency))

struct PendingOrderDocument {
    OrderDocument order = {};
    Timestamp expires_at = {};
};
BOOST_DESCRIBE_STRUCT(PendingOrderDocument, (), (order, expires_at))

struct WorkerDocument {
    std::string worker = {};
    std::string host = {};
    std::uint64_t process = 0;
    std::string version = {};
    Timestamp started_at = {};
    std::string state = {}; ///< running, quiet, stopping, stopped, or dead
    std::uint64_t concurrency = 0;
    std::uint64_t running = 0;
    std::vector<std::string> queues = {};
    std::vector<std::string> types = {};
    Timestamp last_heartbeat = {};
    std::optional<PendingOrderDocument> pending_order = {};
};
BOOST_DESCRIBE_STRUCT(WorkerDocument, (),
                      (worker, host, process, version, started_at, state, concurrency, running,
                       queues, types, last_heartbeat, pending_order))

struct WorkerListDocument {
    std::vector<WorkerDocument> workers = {};
    std::optional<std::string> next_after = {};
    Timestamp now = {};
};
BOOST_DESCRIBE_STRUCT(WorkerListDocument, (), (workers, next_after, now))

struct HistogramDocument {
    std::vector<std::uint64_t> counts = {}; ///< of each bucket: see HistoryDocument::bounds
    Duration sum = {};
};
BOOST_DESCRIBE_STRUCT(HistogramDocument, (), (counts, sum))

struct TallyDocument {
    Timestamp start = {};
    std::string queue = {};
    std::string type = {};
    std::string outcome = {};
    std::optional<std::string> error_code = {};
    std::uint64_t count = 0;
    HistogramDocument waited = {};
    HistogramDocument ran = {};
};
BOOST_DESCRIBE_STRUCT(TallyDocument, (),
                      (start, queue, type, outcome, error_code, count, waited, ran))

struct HistoryDocument {
    std::string period = {};
    std::vector<Duration> bounds = {}; ///< of all buckets but the last one, which has none
    std::vector<TallyDocument> tallies = {};
    std::optional<std::string> next_cursor = {};
};
BOOST_DESCRIBE_STRUCT(HistoryDocument, (), (period, bounds, tallies, next_cursor))

struct AuditEntryDocument {
    Timestamp at = {};
    std::string who = {};
    std::string from = {};
    std::string action = {};
    std::string target = {};
    std::string reason = {};
    std::string outcome = {};
};
BOOST_DESCRIBE_STRUCT(AuditEntryDocument, (), (at, who, from, action, target, reason, outcome))

struct AuditDocument {
    std::vector<AuditEntryDocument> entries = {};
    std::optional<std::string> next_before = {};
};
BOOST_DESCRIBE_STRUCT(AuditDocument, (), (entries, next_before))

/// Requests.
struct ReasonDocument {
    std::string reason = {};
};
BOOST_DESCRIBE_STRUCT(ReasonDocument, (), (reason))

struct CancelDocument {
    std::string reason = {};
    bool force = false;
};
BOOST_DESCRIBE_STRUCT(CancelDocument, (), (reason, force))

struct PauseDocument {
    std::string queue = {};
    std::string reason = {};
};
BOOST_DESCRIBE_STRUCT(PauseDocument, (), (queue, reason))

struct WorkerOrderDocument {
    std::string worker = {};
    std::optional<bool> quiet = {};
    std::optional<std::uint64_t> concurrency = {};
    std::string reason = {};
};
BOOST_DESCRIBE_STRUCT(WorkerOrderDocument, (), (worker, quiet, concurrency, reason))

struct SetLimitDocument {
    LimitDocument limit = {};
    std::string reason = {};
};
BOOST_DESCRIBE_STRUCT(SetLimitDocument, (), (limit, reason))

CountDocument document_of(const Count& count);
QueueDocument document_of(const QueueState& queue, Timestamp now);
JobDocument document_of(const Job& job);
LimitDocument document_of(const Limit& limit);
LimitWaitDocument document_of(const LimitWait& wait);
WhyDocument document_of(const JobWait& wait);
WorkerDocument document_of(const WorkerRecord& worker, Timestamp now);
TallyDocument document_of(const Tally& tally);
AuditEntryDocument document_of(const AuditEntry& entry);

/// `running`, ..., or `dead`.
std::string state_of(const WorkerRecord& worker, Timestamp now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
