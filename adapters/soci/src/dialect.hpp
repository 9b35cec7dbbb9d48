#pragma once

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

namespace asyncjobs::soci_adapter {

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
/// Thread-safety  Full: what changes is in the session.
class Dialect {
public:
    virtual ~Dialect() = default;

    // Sessions
    virtual std::size_t max_writers() const noexcept = 0;
    virtual std::unique_ptr<Session> open() const = 0;
    /// `error` was thrown by this session's latest statement; the transaction is still as it was.
    virtual Fault classify(Session& session, const soci::soci_error& error, Stage stage) const = 0;
    virtual void begin_write(Session& session) const = 0;
    virtual void begin_read(Session& session) const = 0;
    virtual void commit(Session& session) const = 0;
    /// Ends a transaction if one is open. False: the session must not be used again.
    virtual bool rollback(Session& session) const noexcept = 0;
    virtual Timestamp now(Session& session) const = 0;

    /// Null where the database can't wake anybody up: then jobs are found by polling.
    virtual std::unique_ptr<Wakeups> connect(Notifier&) const { return nullptr; }

    // Schema
    /// Does what has to be done once to a database, before its first table is made.
    virtual void prepare(Session& session) const = 0;
    /// Between these two, inside or outside of a transaction, no other session migrates.
    virtual void lock_schema(Session&) const {}
    virtual void unlock_schema(Session&) const {}
    virtual std::span<const Migration> migrations() const noexcept = 0;
    /// 0 where there are no tables yet.
    virtual int schema_version(Session& session) const = 0;
    virtual void migrate(Session& session, const Migration& migration) const = 0;

    // Batches; answers in the order of the arguments, appended
    virtual void submit(Session& session, std::span<const NewJob> jobs, Timestamp now,
                        std::vector<Submitted>& answers) const = 0;
    virtual void settle(Session& session, std::span<const Settlement> settlements, Timestamp now,
                        std::vector<Settled>& answers) const = 0;
    virtual void claim(Session& session, std::string_view queue, std::size_t limit,
                       const ClaimRequest& request, Timestamp now,
                       std::vector<ClaimedJob>& answers) const = 0;
    virtual void renew(Session& session, std::span<const Heartbeat> heartbeats, Duration lease_for,
                       Timestamp now, std::vector<Renewal>& answers) const = 0;
    virtual void find(Session& session, std::span<const JobId> ids,
                      std::vector<std::optional<Job>>& answers) const = 0;
    virtual std::vector<Rescued> rescue(Session& session, std::size_t limit, int crash_limit,
                                        Timestamp now) const = 0;
    virtual std::size_t purge(Session& session, std::size_t limit, Timestamp now) const = 0;

    virtual PageWords page_words(const JobQuery&) const noexcept { return {}; }
    virtual OwnStatements own_statements() const noexcept { return {}; }

    // One row
    struct State {
        JobStatus status = JobStatus::pending;
        bool cancel_requested = false;
    };
    /// What the job is, and stays until this transaction ends.
    virtual std::optional<State> lock(Session& session, const JobId& id) const = 0;
    /// Makes a finished job pending again; false: a live job holds its unique key.
    virtual bool restart(Session& session, const JobId& id, Timestamp now) const = 0;
    virtual void set_paused(Session& session, std::string_view queue, bool paused,
                            Timestamp now) const = 0;
};

} // namespace asyncjobs::soci_adapter
