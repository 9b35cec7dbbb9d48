#pragma once

#include "job_row.hpp"
#include "json_rows.hpp"
#include "limit_statements.hpp"
#include "looks_below.hpp"
#include "row_statements.hpp"
#include "schema_objects.hpp"
#include "session.hpp"
#include "statements.hpp"

#include <asyncjobs/job_store.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// What a fault of the database means.
struct Fault {
    Errc code = Errc::store_failure;
    std::string message = {};     ///< without SQL and without values
    bool session_is_lost = false; ///< it must not be used again
    /// Nothing happened, and the same transaction may well succeed now: a deadlock, a session that
    /// had died while it lay idle.
    bool is_worth_repeating = false;
};

/// How far a call had come when it failed.
enum class Stage { working, committing };

/// The time that holds for a call; empty where its statements ask the database's clock themselves.
using CallTime = std::optional<Timestamp>;

/// For what is of no concern to other processes.
inline SteadyTime steady_now() {
    return std::chrono::floor<Duration>(std::chrono::steady_clock::now());
}

/// Connects a Notifier with those of other processes for as long as it lives.
class Wakeups {
public:
    virtual ~Wakeups() = default;
};

/// All that differs from one database to the next: its sessions, its faults, its schema, and the
/// statements that are not the same everywhere.
///
/// SqlJobStore owns the pools and the transactions and knows what a call means; it runs the
/// statements of statements.hpp itself. The operations here are called inside a transaction, with
/// the time that holds for the whole call, and throw soci::soci_error.
///
/// Thread-safety  Full: what changes is in the session, or guarded.
class Dialect {
public:
    virtual ~Dialect() = default;

    // Sessions
    virtual std::size_t max_writers() const noexcept = 0;
    /// Whether open() may have to wait for a server.
    virtual bool is_remote() const noexcept { return true; }
    virtual std::unique_ptr<Session> open() const = 0;
    /// `error` was thrown by this session's latest statement; the transaction is still as it was.
    virtual Fault classify(Session& session, const soci::soci_error& error, Stage stage) const = 0;
    virtual void begin_write(Session& session) const = 0;
    /// The same for work that is one call of submit(), exchange(), renew() or rescue(): a database
    /// may be able to do it, and to commit it, in one round trip.
    virtual void begin_batch(Session& session) const { begin_write(session); }
    virtual void begin_read(Session& session) const = 0;
    virtual void commit(Session& session) const = 0;
    /// Ends a transaction if one is open. False: the session must not be used again.
    virtual bool rollback(Session& session) const noexcept = 0;
    virtual CallTime now(Session& session) const = 0;
    /// The same, where the database need not be asked.
    virtual CallTime clock() const = 0;
    /// The clock is that of each process: what they see of one another's is kept in job_clock.
    virtual bool keeps_time() const noexcept { return false; }

    /// Null where the database can't wake anybody up: then jobs are found by polling.
    virtual std::unique_ptr<Wakeups> connect(Notifier&) const { return nullptr; }

    // Schema
    /// Does what has to be done once to a database, before its first table is made.
    virtual void prepare(Session& session) const = 0;
    /// Between these two, the first in a transaction and the second after it, no other session
    /// migrates.
    virtual void lock_schema(Session&) const {}
    virtual void unlock_schema(Session&) const {}
    virtual std::span<const Migration> migrations() const noexcept = 0;
    /// What has the name of one of `wanted`, or is in the way of it.
    virtual SchemaObjects find_objects(Session& session, const SchemaObjects& wanted) const = 0;
    /// A step that breaks off leaves behind what it has made.
    virtual bool keeps_half_a_migration() const noexcept { return false; }
    virtual void migrate(Session& session, const Migration& migration) const = 0;

    // Batches; answers in the order of the arguments, appended
    virtual void submit(Session& session, std::span<const NewJob> jobs, CallTime now,
                        std::vector<Submitted>& answers) const = 0;
    virtual void settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                        Exchange& answer) const = 0;
    virtual void exchange(Session& session, std::span<const Settlement> settlements,
                          const ClaimRequest& request, CallTime now, Exchange& answer) const = 0;
    /// The first that are due, queue by queue as these are served, up to `limit`; locked.
    virtual std::vector<DueJob> find_due(Session& session, std::span<const std::string> queues,
                                         std::size_t limit, Timestamp now) const = 0;
    /// Jobs were started under the limits of these queues, given as rows. Where others may have
    /// locked these as well, only one of all transactions that have called this is committed.
    virtual void mark_limits(Session&, const std::string& /*queues*/) const {}
    /// Claims those of the jobs that are as they were found, in any order.
    virtual std::vector<ClaimedJob> take(Session& session, std::span<const DueJob> jobs,
                                         const ClaimRequest& request, Timestamp now) const;
    /// How long until the next pending job of these queues is due, of those that are not yet.
    virtual std::optional<Duration> next_due(Session& session, std::span<const std::string> queues,
                                             Timestamp now) const = 0;
    virtual void renew(Session& session, std::span<const Heartbeat> heartbeats, Duration lease_for,
                       CallTime now, std::vector<Renewal>& answers) const = 0;
    virtual void find(Session& session, std::span<const JobId> ids, const JobReading& how,
                      std::vector<std::optional<Job>>& answers) const = 0;
    /// Nothing before `floor` is looked at.
    virtual std::vector<Rescued> rescue(Session& session, Timestamp floor, std::size_t limit,
                                        int crash_limit, CallTime now) const;
    /// Gives due jobs the head start that their priority is worth, those first that were due first.
    /// Nothing before `floor` is looked at. Returns how many.
    virtual std::size_t advance(Session& session, Timestamp floor, std::size_t limit,
                                CallTime now) const;
    virtual std::size_t purge(Session& session, std::string_view type, Timestamp floor,
                              std::size_t limit, CallTime now) const;

    /// Returns disk space that the database no longer needs. Waits for no other user. Called
    /// outside of a transaction.
    virtual void trim_log(Session&) const {}

    /// At most so much of an index is looked at at once: see LooksBelow.
    virtual Duration widest_look() const noexcept { return LooksBelow::any_width; }

    /// A job of `queue` is due again, as it was at `run_at`.
    virtual void came_back(std::string_view /*queue*/, Timestamp /*run_at*/) const {}
    /// Times of many jobs were moved back.
    virtual void forget_floors() const {}

    virtual PageWords page_words(const JobQuery&) const noexcept { return {}; }
    virtual OwnStatements own_statements() const noexcept = 0;
    virtual const RowStatements& row_statements() const noexcept = 0;
    virtual const LimitStatements& limit_statements() const noexcept = 0;
};

/// For in_rows(): a job as it was found.
inline constexpr auto add_revision = [](JsonRows& rows, const DueJob& job) {
    rows.add(job.id, job.revision);
};

/// What stands in the way of `job`; empty if nothing does.
std::optional<Submitted> find_conflict(Session& session, const NewJob& job);

/// Whether `job` shall replace the one that `conflict` names.
inline bool may_replace(const NewJob& job, const Submitted& conflict) {
    return job.on_conflict == OnConflict::replace &&
           conflict.outcome != Submitted::Outcome::repeated;
}

/// When the next pending job of a queue is due by `statement`, of several the least. Empty: none is
/// waiting.
std::optional<Duration> next_due_in(Session& session, const Sql& statement,
                                    std::span<const std::string> queues, CallTime now);

/// Claims from one queue after the other by `claim(queue, limit)`, which appends to the answer.
template <typename Claim>
void claim_queue_by_queue(Session& session, const Sql& next_due, const ClaimRequest& request,
                          CallTime now, Exchange& answer, Claim claim) {
    for (const std::string& queue : request.queues) {
        const std::size_t wanted = request.limit - answer.claimed.size();
        if (wanted == 0) return;
        claim(queue, wanted);
    }
    if (answer.claimed.size() == request.limit) return;
    answer.next_due_in = next_due_in(session, next_due, request.queues, now);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
