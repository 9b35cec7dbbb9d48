#pragma once

#include "db/json_rows.hpp"
#include "db/schema_objects.hpp"
#include "db/session.hpp"
#include "statements/limit_statements.hpp"
#include "statements/operator_statements.hpp"
#include "statements/page_statements.hpp"
#include "statements/row_statements.hpp"
#include "statements/statements.hpp"
#include "store/job_row.hpp"
#include "watermarks/looks_below.hpp"

#include <asyncjobs/soci/migration.hpp>
#include <asyncjobs/soci/store_options.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A classified fault of the database.
struct Fault {
    Errc code = Errc::store_failure;
    std::string message = {};     ///< without SQL and without values
    bool session_is_lost = false; ///< it must not be used again
    /// Nothing was committed, and a retry is likely to succeed: after a deadlock, or if an idle
    /// session had lost its connection.
    bool is_worth_repeating = false;
};

/// The stage at which a call failed.
enum class Stage { working, committing };

/// The time of a call; empty if its statements read the database's clock themselves.
using CallTime = std::optional<Timestamp>;

/// For times that stay within this process.
inline SteadyTime steady_now() {
    return std::chrono::floor<Duration>(std::chrono::steady_clock::now());
}

/// What `{are_these}` compares ids with: rows of them, or literals.
using IdSet = std::variant<std::string, Expression>;

/// Of Dialect::estimates().
struct StatusEstimates {
    std::optional<std::int64_t> pending = {}, finished = {}, failed = {}, cancelled = {};
};

/// Connects a Notifier to those of other processes while it lives.
class Wakeups {
public:
    virtual ~Wakeups() = default;
};

/// Everything specific to one database: its sessions, its faults, its schema, and its own
/// statements.
///
/// TransactionRunner owns the sessions and runs the transactions. SqlJobStore implements the calls
/// and runs the statements of statements.hpp itself. The operations here are called inside a
/// transaction, with the time of the whole call, and throw soci::soci_error.
///
/// Thread-safety  Full: mutable state is in the session, or guarded.
class Dialect {
public:
    virtual ~Dialect() = default;

    // Sessions
    virtual std::size_t max_writers() const noexcept = 0;
    /// Whether open() may have to wait for a server.
    virtual bool is_remote() const noexcept { return true; }
    virtual std::unique_ptr<Session> open() const = 0;
    /// `error` was thrown by this session's latest statement; the transaction is unchanged.
    virtual Fault classify(Session& session, const soci::soci_error& error, Stage stage) const = 0;
    virtual void begin_write(Session& session) const = 0;
    /// As begin_write(), for a single call of submit(), exchange(), renew() or rescue(): a database
    /// may be able to run and commit it in one round trip.
    virtual void begin_batch(Session& session) const { begin_write(session); }
    virtual void begin_read(Session& session) const = 0;
    virtual void commit(Session& session) const = 0;
    /// Rolls back the transaction if one is open. False: the session must not be used again.
    virtual bool rollback(Session& session) const noexcept = 0;
    virtual CallTime now(Session& session) const = 0;
    /// As now(), where no query is needed; otherwise empty.
    virtual CallTime clock() const = 0;
    /// Each process uses its own clock; job_clock holds their times.
    virtual bool keeps_time() const noexcept { return false; }

    /// Null if the database can't notify other processes: jobs are then found by polling.
    virtual std::unique_ptr<Wakeups> connect(Notifier&) const { return nullptr; }

    // Schema
    /// Prepares a database, once, before its first table is made.
    virtual void prepare(Session& session) const = 0;
    /// Excludes migrations by other sessions: lock_schema() is called in the transaction,
    /// unlock_schema() after it.
    virtual void lock_schema(Session&) const {}
    virtual void unlock_schema(Session&) const {}
    virtual std::span<const Migration> migrations() const noexcept = 0;
    /// Returns the objects that have the name of one of `wanted`, or conflict with it.
    virtual SchemaObjects find_objects(Session& session, const SchemaObjects& wanted) const = 0;
    /// An interrupted migration is not rolled back: the objects that it made stay.
    virtual bool keeps_half_a_migration() const noexcept { return false; }
    virtual void migrate(Session& session, const Migration& migration) const = 0;

    // Batches; results are appended in the order of the arguments
    virtual void submit(Session& session, std::span<const NewJob> jobs, CallTime now,
                        std::vector<Submitted>& outcomes) const = 0;
    virtual void settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                        Exchange& result) const = 0;
    virtual void exchange(Session& session, std::span<const Settlement> settlements,
                          const ClaimRequest& request, CallTime now, Exchange& result) const = 0;
    /// Returns up to `limit` due jobs, queue by queue in the order of serving; locks them.
    virtual std::vector<LimitCandidate> find_due(Session& session,
                                                 std::span<const std::string> queues,
                                                 std::size_t limit, Timestamp now) const = 0;
    /// Jobs were started under the limits of these queues, given as rows. If other nodes may hold
    /// the same locks, only one of the transactions that call this commits.
    virtual void mark_limits(Session&, const std::string& /*queues*/) const {}
    /// Claims those of the jobs that are unchanged since they were found. In any order.
    virtual std::vector<ClaimedJob> take(Session& session, std::span<const LimitCandidate> jobs,
                                         const ClaimRequest& request, Timestamp now) const;
    /// Returns how long until the next job of these queues becomes due; ignores due jobs.
    virtual std::optional<Duration> next_due(Session& session, std::span<const std::string> queues,
                                             Timestamp now) const = 0;
    virtual void renew(Session& session, std::span<const Heartbeat> heartbeats, Duration lease_for,
                       CallTime now, std::vector<Renewal>& renewals) const = 0;
    virtual void find(Session& session, std::span<const JobId> ids, const JobReading& how,
                      std::vector<std::optional<Job>>& jobs) const = 0;
    /// Ignores leases that ended before `watermark`.
    virtual std::vector<Rescued> rescue(Session& session, Timestamp watermark, std::size_t limit,
                                        int crash_limit, CallTime now) const;
    /// Applies the priority of due jobs as a head start, oldest first. Ignores jobs due before
    /// `watermark`. Returns the number of jobs.
    virtual std::size_t advance(Session& session, Timestamp watermark, std::size_t limit,
                                CallTime now) const;
    virtual std::size_t purge(Session& session, std::string_view type, Timestamp watermark,
                              std::size_t limit, CallTime now) const;

    /// About how many jobs there are of each status, by the planner's statistics; empty where it
    /// has none.
    virtual StatusEstimates estimates(Session&) const { return {}; }

    /// Releases disk space that the database no longer needs. Waits for no other user. Called
    /// outside a transaction.
    virtual void trim_log(Session&) const {}

    /// The longest range of an index to scan at once: see LooksBelow.
    virtual Duration widest_look() const noexcept { return LooksBelow::any_width; }

    /// A job of `queue` returned to it, with its earlier `run_at`.
    virtual void lower_watermark(std::string_view /*queue*/, Timestamp /*run_at*/) const {}
    /// Times of many jobs were moved back.
    virtual void forget_watermarks() const {}

    /// Of up to OperatorStore::max_batch jobs.
    virtual IdSet these(std::span<const JobId> ids) const { return rows_of(ids); }
    virtual PageWords page_words(PageIndex) const noexcept = 0;
    virtual const StoreStatements& store_statements() const noexcept = 0;
    virtual const RowStatements& row_statements() const noexcept = 0;
    virtual const LimitStatements& limit_statements() const noexcept = 0;
    virtual const OperatorStatements& operator_statements() const noexcept = 0;
};

/// For in_rows(): a job with the revision at which it was found.
inline constexpr auto add_revision = [](JsonRows& rows, const LimitCandidate& job) {
    rows.add(job.id, job.revision);
};

/// The time of a call, read from the database's clock if the statements do so.
Timestamp time_of(Session& session, CallTime now);

/// Returns the conflict that prevents `job` from being inserted; empty if none exists.
std::optional<Submitted> find_conflict(Session& session, const NewJob& job);

/// Whether `job` is to replace the one that `conflict` names.
inline bool may_replace(const NewJob& job, const Submitted& conflict) {
    return job.on_conflict == OnConflict::replace &&
           conflict.outcome != Submitted::Outcome::repeated;
}

/// Runs `statement` for each queue; returns the shortest time until a pending job is due, empty if
/// none is pending.
std::optional<Duration> next_due_in(Session& session, const Sql& statement,
                                    std::span<const std::string> queues, CallTime now);

/// Claims from one queue after the other by `claim(queue, limit)`, which appends to `result`.
template <typename Claim>
void claim_queue_by_queue(Session& session, const Sql& next_due, const ClaimRequest& request,
                          CallTime now, Exchange& result, Claim claim) {
    for (const std::string& queue : request.queues) {
        const std::size_t wanted = request.limit - result.claimed.size();
        if (wanted == 0) return;
        claim(queue, wanted);
    }
    if (result.claimed.size() == request.limit) return;
    result.next_due_in = next_due_in(session, next_due, request.queues, now);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
