#include "sqlite/dialect.hpp"

#include "db/soci_session.hpp"
#include "sqlite/fault.hpp"
#include "sqlite/schema.hpp"
#include "sqlite/soci_sqlite3.hpp"
#include "sqlite/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_row.hpp"
#include "store/job_steps.hpp"

#include <asyncjobs/store/transitions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// A log beyond this size is cut when it is no longer needed.
constexpr std::uintmax_t usual_log_bytes = 16 * 1024 * 1024;

/// Reports to `files` while it has them open.
class SqliteSession final : public SociSession {
public:
    // SOCI would parse quotes and URIs in the path, and make SQLite lock a mutex at every column; a
    // session has one user at a time.
    SqliteSession(std::string table_prefix, SqliteFiles& files)
        : SociSession(soci::sqlite3, "dbname=:memory:", sqlite::fragments, std::move(table_prefix)),
          files_(files) {}

    ~SqliteSession() override {
        if (is_reported_) files_.closing();
    }

    /// Begins to report; opens the files that are not open yet.
    void report(const std::string& path, sqlite_api::sqlite3* connection) {
        if (is_reported_) return;
        run("PRAGMA schema_version"); // reads, and so opens the log
        files_.opened(path, sqlite_api::sqlite3_db_filename(connection, "main"));
        is_reported_ = true;
    }

private:
    SqliteFiles& files_;
    bool is_reported_ = false;
};

sqlite_api::sqlite3*& handle(Session& session) {
    auto& connection = static_cast<SociSession&>(session).connection();
    return static_cast<soci::sqlite3_session_backend*>(connection.get_backend())->conn_;
}

void set_busy_timeout(Session& session, Duration timeout) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    sqlite_api::sqlite3_busy_timeout(handle(session), static_cast<int>(milliseconds));
}

/// Returns SQLite's extended result code. SOCI 4.0 has only the code that the connection returned,
/// which is the extended one here; in 4.1, result() is the primary one.
int extended_result(const soci::sqlite3_soci_error& error) {
#if SOCI_VERSION >= 400100
    return error.extended_result();
#else
    return error.result();
#endif
}

Fault sqlite_fault_of(int result, Stage stage) {
    const int system_errno = errno; // sqlite3_system_errno() is not set by a commit
    return sqlite_fault(result, system_errno, stage, sqlite_api::sqlite3_errstr(result));
}

Fault sqlite_fault_of(const soci::soci_error& error, Stage stage) {
    const auto* known = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    if (!known) return {Errc::store_failure, error.get_error_message(), true};
    return sqlite_fault_of(extended_result(*known), stage);
}

/// In UTF-16, SQLite replaces U+FFFE and U+FFFF by U+FFFD.
void must_be_utf8(Session& session, const std::string& path) {
    std::string encoding;
    session.query({"encoding", "PRAGMA encoding", columns::one_text}).for_first([&](Row row) {
        encoding = row.take_text();
    });
    if (encoding != "UTF-8")
        throw Error(Errc::store_failure,
                    fmt::format("{} has the encoding {}, but must have UTF-8: other encodings lose "
                                "characters",
                                path, encoding));
}

} // namespace

SqliteDialect::SqliteDialect(SqliteOptions options) : options_(std::move(options)) {}

std::unique_ptr<Session> SqliteDialect::open() const {
    files_.check(); // opening would create missing files
    auto session = std::make_unique<SqliteSession>(options_.table_prefix, files_);
    sqlite_api::sqlite3*& connection = handle(*session);
    sqlite_api::sqlite3_close(std::exchange(connection, nullptr));
    const int result = sqlite_api::sqlite3_open_v2(
        options_.path.c_str(), &connection,
        SQLITE_OPEN_READWRITE | (options_.create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX |
            SQLITE_OPEN_PRIVATECACHE,
        nullptr);
    const auto refuse = [&](const Fault& fault) {
        throw Error(fault.code, fmt::format("{}, opening {}", fault.message, options_.path));
    };
    if (result != SQLITE_OK) refuse(sqlite_fault_of(result, Stage::working));
    if (sqlite_api::sqlite3_db_readonly(connection, "main") == 1)
        refuse({Errc::store_unavailable, "SQLite: the file can't be written"});
    try {
        sqlite_api::sqlite3_extended_result_codes(connection, 1);
        set_busy_timeout(*session, options_.busy_timeout);
        // Defaults that a build of SQLite or a host's extension may have changed. The first must be
        // set before any lock is taken.
        for (const char* pragma : {"locking_mode = NORMAL", "query_only = OFF",
                                   "wal_autocheckpoint = 1000", "count_changes = OFF"})
            session->run(fmt::format("PRAGMA {}", pragma));
        session->run(fmt::format("PRAGMA synchronous = {}", options_.synchronous));
        // A reader prevents the log's reuse, so the log grows; afterwards the next writer cuts it.
        session->run(fmt::format("PRAGMA journal_size_limit = {}", usual_log_bytes));
        // Otherwise a sync leaves data in the disk's volatile cache on macOS.
        session->run("PRAGMA fullfsync = ON");
        if (files_.are_known()) session->report(options_.path, connection);
    } catch (const soci::soci_error& error) {
        refuse(sqlite_fault_of(error, Stage::working));
    }
    return session;
}

Fault SqliteDialect::classify(Session&, const soci::soci_error& error, Stage stage) const {
    return sqlite_fault_of(error, stage);
}

void SqliteDialect::begin_write(Session& session) const {
    files_.check();
    session.query(sqlite::sql.begin_immediate).change();
}

void SqliteDialect::begin_read(Session& session) const {
    files_.check();
    session.query(sqlite::sql.begin_deferred).change();
}

void SqliteDialect::commit(Session& session) const { session.query(shared::sql.commit).change(); }

bool SqliteDialect::rollback(Session& session) const noexcept {
    // After some faults SQLite has already rolled back.
    if (sqlite_api::sqlite3_get_autocommit(handle(session))) return true;
    try {
        session.query(shared::sql.rollback).change();
        return true;
    } catch (...) {
        return false;
    }
}

CallTime SqliteDialect::clock() const {
    if (options_.clock) return options_.clock();
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

void SqliteDialect::prepare(Session& session) const {
    // The switch of a new database to WAL needs a lock that the busy timeout does not wait for.
    using Clock = std::chrono::steady_clock;
    const auto give_up = Clock::now() + options_.busy_timeout;
    std::string mode;
    while (mode.empty()) {
        try {
            must_be_utf8(session, options_.path);
            session.query({"journal_mode", "PRAGMA journal_mode = WAL", columns::one_text})
                .for_first([&](Row row) { mode = row.text(); });
        } catch (const soci::soci_error& error) {
            const Fault fault = classify(session, error, Stage::working);
            if (fault.code != Errc::store_busy || Clock::now() >= give_up) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }
    if (mode != "wal")
        throw Error(Errc::store_failure,
                    fmt::format("{} can't use SQLite's WAL mode, but {}", options_.path, mode));
    dynamic_cast<SqliteSession&>(session).report(options_.path, handle(session));
}

std::span<const Migration> SqliteDialect::migrations() const noexcept {
    return sqlite_migrations();
}

SchemaObjects SqliteDialect::find_objects(Session& session, const SchemaObjects& wanted) const {
    return read_objects(
        session,
        fmt::format("SELECT found.type, lower(found.name), c.name FROM sqlite_master AS found"
                    " LEFT JOIN pragma_table_info(CASE found.type WHEN 'table' THEN found.name"
                    "  END) AS c"
                    " WHERE found.type <> 'trigger' AND lower(found.name) IN ({})"
                    " ORDER BY found.type, found.name",
                    quoted_names(wanted)));
}

void SqliteDialect::migrate(Session& session, const Migration& migration) const {
    constexpr std::string_view end_of_statement = ";\n";
    std::string_view rest = migration.sql;
    for (auto end = rest.find(end_of_statement); end != rest.npos;
         end = rest.find(end_of_statement)) {
        session.run(rest.substr(0, end));
        rest.remove_prefix(end + end_of_statement.size());
    }
    session.query(shared::sql.record_version).change(migration.version, now(session));
}

namespace {

std::optional<Submitted> resolve_conflict(Session& session, const NewJob& job, Timestamp now) {
    auto conflict = find_conflict(session, job);
    if (conflict && may_replace(job, *conflict) &&
        session.query(shared::sql.replace)
                .change(job.input.text(), transitions::run_at_of(job, now), now, conflict->id) == 1)
        conflict->outcome = Submitted::Outcome::replaced;
    return conflict;
}

} // namespace

void SqliteDialect::submit(Session& session, std::span<const NewJob> jobs, CallTime time,
                           std::vector<Submitted>& outcomes) const {
    const Timestamp now = *time;
    Query& insert = session.query(sqlite::sql.insert);
    const auto waited_for = ids_waited_for(jobs);
    const auto insert_one = [&](const NewJob& job) {
        const Timestamp run_at = transitions::run_at_of(job, now);
        const NewTimes times = times_of(job, run_at, now);
        return insert.change(job.id, job.type, job.queue, job.owner, job.priority, job.max_attempts,
                             job.unique_key, job.idempotency_key, job.limit_key, job.timeout,
                             job.retention, transitions::keep_failed_of(job), now, times.run_at,
                             times.not_before, transitions::deadline_of(job, run_at),
                             job.input.text(), metadata_of(job),
                             waited_for.contains(job.id) ? 1 : 0) == 1;
    };
    const SubmitSteps steps = {
        .insert =
            [&](std::span<const NewJob> some) {
                for (const NewJob& job : some)
                    outcomes.push_back(insert_one(job)
                                           ? Submitted{Submitted::Outcome::created, job.id, now}
                                           : resolve_conflict(session, job, now).value());
            },
        .conflict = [&](const NewJob& job) { return resolve_conflict(session, job, now); }};
    submit_in_order(session, sqlite::sql.rows, jobs, steps, outcomes);
}

namespace {

Settled settle_one(Session& session, const Settlement& settlement, Timestamp now) {
    using Kind = Settlement::Kind;
    static const Progress none{.percent = -1, .message = {}};
    const Progress& progress = settlement.progress() ? *settlement.progress() : none;
    const auto& [id, fence] = settlement.lease();
    const auto accepted_as = [](JobStatus status, std::size_t rows) {
        return rows == 1 ? Settled{true, status} : Settled{};
    };
    switch (settlement.kind()) {
    case Kind::completed:
        return accepted_as(JobStatus::completed,
                           session.query(sqlite::sql.complete)
                               .change(progress.percent, progress.message,
                                       settlement.result().text(), now, id, fence));
    case Kind::failed:
        return accepted_as(JobStatus::failed,
                           session.query(sqlite::sql.fail)
                               .change(progress.percent, progress.message, now,
                                       to_text(settlement.error()),
                                       attempt_entry(settlement.error()), id, fence));
    case Kind::cancelled:
        return accepted_as(JobStatus::cancelled,
                           session.query(sqlite::sql.cancel)
                               .change(progress.percent, progress.message, now, id, fence));
    case Kind::retried:
    case Kind::released:
        break;
    }
    const bool is_release = settlement.kind() == Kind::released;
    std::optional<std::string> error, entry;
    if (!is_release) {
        error = to_text(settlement.error());
        entry = attempt_entry(settlement.error());
    }
    Settled settled;
    session.query(sqlite::sql.put_back)
        .for_first(
            [&](Row row) {
                settled = {true, read_status(row)};
            },
            progress.percent, progress.message, now, settlement.delay(), is_release ? 1 : 0, error,
            entry, id, fence);
    return settled;
}

} // namespace

void SqliteDialect::settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                           Exchange& result) const {
    std::vector<Submitted> submitted;
    for (const Settlement& settlement : settlements) {
        result.settled.push_back(settle_one(session, settlement, *now));
        if (result.settled.back().accepted)
            submit(session, settlement.follow_ups(), now, submitted);
    }
    if (!settlements.empty())
        result.needs_promotion = session.query(sqlite::sql.rows.any_finished).for_first([](Row) {});
}

void SqliteDialect::exchange(Session& session, std::span<const Settlement> settlements,
                             const ClaimRequest& request, CallTime now, Exchange& result) const {
    settle(session, settlements, now, result);
    const auto claim = [&](const std::string& queue, std::size_t limit) {
        ClaimOrder found({&queue, 1});
        session.query(sqlite::sql.claim)
            .for_each([&](Row row) { found.add(row); }, request.worker, now,
                      *now + request.lease_for, request.lease_for, request.ahead ? 1 : 0, queue,
                      limit);
        found.move_to(result.claimed);
    };
    claim_queue_by_queue(session, shared::sql.next_due_in, request, now, result, claim);
    read_steps(session, sqlite::sql.rows, std::span(result.claimed));
}

std::vector<LimitCandidate> SqliteDialect::find_due(Session& session,
                                                    std::span<const std::string> queues,
                                                    std::size_t limit, Timestamp now) const {
    std::vector<LimitCandidate> found;
    for (const std::string& queue : queues)
        if (found.size() < limit)
            session.query(sqlite::sql.find_due)
                .for_each([&](Row row) { found.push_back(read_due(row)); }, queue, now,
                          limit - found.size());
    return found;
}

std::optional<Duration> SqliteDialect::next_due(Session& session,
                                                std::span<const std::string> queues,
                                                Timestamp now) const {
    return next_due_in(session, shared::sql.next_due_in, queues, now);
}

void SqliteDialect::renew(Session& session, std::span<const Heartbeat> heartbeats,
                          Duration lease_for, CallTime now, std::vector<Renewal>& renewals) const {
    const Timestamp lease_expires_at = *now + lease_for;
    for (const auto& [lease, progress, step, started] : heartbeats) {
        Renewal renewal;
        const auto kept = [&](Row row) { renewal = {true, !row.next_is_null()}; };
        if (progress)
            session.query(sqlite::sql.extend_with_progress)
                .for_first(kept, lease_expires_at, lease_for, progress->percent, progress->message,
                           now, lease.id, lease.fence);
        else
            session.query(sqlite::sql.extend)
                .for_first(kept, lease_expires_at, lease_for, lease.id, lease.fence);
        if (step && renewal.kept &&
            session.query(sqlite::sql.store.add_step)
                    .change(step->name, step->result.text(), lease.id, lease.fence) == 1)
            session.query(sqlite::sql.store.count_step).change(lease.id, lease.fence, step->name);
        if (started) session.query(sqlite::sql.report_start).change(lease.id, lease.fence);
        renewals.push_back(renewal);
    }
}

void SqliteDialect::find(Session& session, std::span<const JobId> ids, const JobReading& how,
                         std::vector<std::optional<Job>>& jobs) const {
    Query& query = session.query(how.sql);
    for (const JobId& id : ids)
        query.for_first([&, &job = jobs.emplace_back()](Row row) { job = how.read(row); }, id);
}

void SqliteDialect::trim_log(Session& session) const {
    std::error_code failed;
    const auto size = std::filesystem::file_size(files_.log(), failed);
    if (failed || size <= usual_log_bytes) return;
    // The passive checkpoint copies most of the log without blocking other users; the rest takes a
    // moment, and is skipped while there are readers.
    session.run("PRAGMA wal_checkpoint(PASSIVE)");
    sqlite_api::sqlite3_busy_timeout(handle(session), 0);
    const auto restore = [&] { set_busy_timeout(session, options_.busy_timeout); };
    try {
        session.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (...) {
        restore();
        throw;
    }
    restore();
}

const StoreStatements& SqliteDialect::store_statements() const noexcept {
    return sqlite::sql.store;
}

const RowStatements& SqliteDialect::row_statements() const noexcept { return sqlite::sql.rows; }

const LimitStatements& SqliteDialect::limit_statements() const noexcept {
    return sqlite::sql.limits;
}

const OperatorStatements& SqliteDialect::operator_statements() const noexcept {
    return sqlite::sql.operators;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
