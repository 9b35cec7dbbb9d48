#include "mysql/dialect.hpp"

#include "mysql/batch.hpp"
#include "mysql/fault.hpp"
#include "mysql/schema.hpp"
#include "mysql/session.hpp"
#include "mysql/settings.hpp"
#include "mysql/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_row.hpp"
#include "store/purged_jobs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/mysql/soci-mysql.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <tuple>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

Fault mysql_fault_of(const soci::soci_error& error, Stage stage) {
    if (const auto* known = dynamic_cast<const soci::mysql_soci_error*>(&error))
        return mysql_fault(known->err_num_, stage, error.get_error_message());
    return {Errc::store_failure, "MySQL: SOCI could not run a statement", true};
}

/// The client library lets programs that this process starts inherit the connection and keep it
/// open, and has no option against it, nor for using a given socket: programs started while it
/// connects still inherit the connection.
void keep_from_children(const MysqlSession& session) {
    const int socket = session.handle()->net.fd;
    if (const int flags = ::fcntl(socket, F_GETFD); flags >= 0)
        ::fcntl(socket, F_SETFD, flags | FD_CLOEXEC);
}

std::string place_of(const MysqlOptions& options) {
    if (!options.socket.empty()) return options.socket;
    return options.port == 0 ? options.host : fmt::format("{}:{}", options.host, options.port);
}

/// Returns the client library's error of connecting, which quotes no more than a user and a host.
/// It gives the system's error as a number, for TCP only that of a connection in progress.
std::string reason_of(const soci::soci_error& error) {
    std::string text = error.get_error_message();
    const auto at = text.rfind(" (");
    int number = 0;
    if (at != text.npos && std::sscanf(text.c_str() + at, " (%d)", &number) == 1 && number > 0)
        text += ": " + (number == EINPROGRESS ? "Connection refused or timed out"
                                              : std::generic_category().message(number));
    return text;
}

} // namespace

MysqlDialect::MysqlDialect(MysqlOptions options) : options_(std::move(options)) {}

std::unique_ptr<Session> MysqlDialect::open() const {
    try {
        auto session =
            std::make_unique<MysqlSession>(connect_string(options_), options_.table_prefix);
        keep_from_children(*session);
        set_up(*session, options_);
        return session;
    } catch (const soci::soci_error& error) {
        const Fault fault = mysql_fault_of(error, Stage::working);
        throw Error(fault.code, fmt::format("MySQL can't be reached at {}: {}", place_of(options_),
                                            reason_of(error)));
    }
}

Fault MysqlDialect::classify(Session& session, const soci::soci_error& error, Stage) const {
    // The COMMIT may share its packet with other statements.
    const bool may_have_committed = MysqlSession::of(session).may_have_committed();
    const Stage stage = may_have_committed ? Stage::committing : Stage::working;
    return mysql_fault_of(error, stage);
}

using Transaction = MysqlSession::Transaction;

void MysqlDialect::begin_write(Session& session) const {
    MysqlSession::of(session).begin(Transaction::open);
}

void MysqlDialect::begin_batch(Session& session) const {
    MysqlSession::of(session).begin(Transaction::batch);
}

void MysqlDialect::begin_read(Session& session) const {
    MysqlSession::of(session).begin(Transaction::none);
}

void MysqlDialect::commit(Session& session) const { MysqlSession::of(session).commit(); }

bool MysqlDialect::rollback(Session& session) const noexcept {
    try {
        MysqlSession::of(session).rollback();
        return true;
    } catch (...) {
        return false;
    }
}

CallTime MysqlDialect::clock() const {
    return options_.clock ? CallTime(options_.clock()) : std::nullopt;
}

CallTime MysqlDialect::now(Session& session) const {
    if (const auto known = clock()) return known;
    if (MysqlSession::of(session).is_own()) return std::nullopt;
    Timestamp now; // read here, so that no variable is left in the host's session
    session.query(mysql::sql.now).for_first([&](Row row) { now = row.time(); });
    return now;
}

void MysqlDialect::prepare(Session& session) const {
    std::string version;
    session.query(mysql::sql.version).for_first([&](Row row) { version = row.take_text(); });
    const bool of_mariadb = version.find("MariaDB") != version.npos;
    const std::string_view least = of_mariadb ? "10.6" : "8.0.16";
    const auto is_too_old = [&] {
        int major = 0, minor = 0, patch = 0, least_major = 0, least_minor = 0, least_patch = 0;
        std::sscanf(version.c_str(), "%d.%d.%d", &major, &minor, &patch);
        std::sscanf(least.data(), "%d.%d.%d", &least_major, &least_minor, &least_patch);
        return std::tie(major, minor, patch) < std::tie(least_major, least_minor, least_patch);
    };
    if (is_too_old())
        throw Error(Errc::store_failure,
                    fmt::format("the server is {} {}, but must be {} or later",
                                of_mariadb ? "MariaDB" : "MySQL", version, least));
    check_text(session);
}

std::span<const Migration> MysqlDialect::migrations() const noexcept { return mysql_migrations(); }

SchemaObjects MysqlDialect::find_objects(Session& session, const SchemaObjects& wanted) const {
    // The server may ignore the case of names.
    SchemaObjects found = read_objects(
        session,
        fmt::format("SELECT CASE table_type WHEN 'VIEW' THEN 'view' WHEN 'SEQUENCE' THEN 'sequence'"
                    "  ELSE 'table' END,"
                    " IF(@@lower_case_table_names = 2, LOWER(table_name), table_name), NULL"
                    " FROM information_schema.tables"
                    " WHERE table_schema = DATABASE() AND table_name IN ({})",
                    quoted_names(wanted)));
    // One query a table: for a join of the two, the server would open every view of every database.
    for (SchemaObject& object : found) {
        if (object.kind != "table") continue;
        session.query(mysql::sql.columns_of_table)
            .for_each([&](Row row) { object.columns.push_back(row.take_text()); }, object.name);
    }
    return found;
}

void MysqlDialect::lock_schema(Session& session) const {
    constexpr int patience_seconds = 20;
    bool is_locked = false;
    session.query(mysql::sql.lock_schema)
        .for_first([&](Row row) { is_locked = !row.next_is_null() && row.number() == 1; },
                   patience_seconds);
    if (!is_locked)
        throw Error(Errc::store_busy, "MySQL: another process took too long to migrate the tables");
}

void MysqlDialect::unlock_schema(Session& session) const {
    session.query(mysql::sql.unlock_schema).for_first([](Row) {});
}

void MysqlDialect::migrate(Session& session, const Migration& migration) const {
    constexpr std::string_view end_of_statement = ";\n";
    limit_time(session, Duration::zero()); // a step may copy all jobs
    std::string_view rest = migration.sql;
    for (auto end = rest.find(end_of_statement); end != rest.npos;
         end = rest.find(end_of_statement)) {
        try {
            session.run(rest.substr(0, end));
        } catch (const soci::mysql_soci_error& error) {
            // An interrupted step has added or renamed the column.
            if (!rest.starts_with("ALTER TABLE") || !is_other_column(error.err_num_)) throw;
        }
        rest.remove_prefix(end + end_of_statement.size());
    }
    limit_time(session, options_.statement_timeout);
    session.query(shared::sql.record_version).change(migration.version, now(session));
}

void MysqlDialect::find(Session& session, std::span<const JobId> ids, const JobReading& how,
                        std::vector<std::optional<Job>>& jobs) const {
    FoundJobs found;
    session.query(how.sql).for_each(
        [&](Row row) { found.add(how.read(row)); },
        ids_of(ids.begin(), ids.end(), [](const JobId& id) { return id; }));
    found.move_to(jobs, ids);
}

std::size_t MysqlDialect::advance(Session& session, Timestamp watermark, std::size_t limit,
                                  CallTime now) const {
    std::vector<JobId> ids;
    const auto began = steady_now();
    session.query(mysql::sql.find_to_advance)
        .for_each(
            [&](Row row) {
                ids.push_back(read_id(row));
                const std::string queue = row.take_text();
                watermarks_.expect(queue, row.time(), began);
            },
            priority_step, watermark, now, limit);
    in_lists(ids, [&](const Expression& these) {
        session.query(mysql::sql.advance).change(priority_step, these);
    });
    return ids.size();
}

std::size_t MysqlDialect::purge(Session& session, std::string_view type, Timestamp watermark,
                                std::size_t limit, CallTime now) const {
    JsonRows ids;
    PurgedJobs purged;
    session.query(mysql::sql.find_to_purge)
        .for_each([&](Row row) { ids.add(purged.add(row)); }, type, watermark, now, limit);
    if (ids.count() == 0) return 0;
    purged.delete_dependencies(session, mysql::sql.rows);
    return session.query(mysql::sql.rows.remove).change(ids.take());
}

IdSet MysqlDialect::these(std::span<const JobId> ids) const { return literals_of(ids); }

PageWords MysqlDialect::page_words(PageIndex index) const noexcept {
    constexpr std::array<std::string_view, 5> tables = {
        "jobs FORCE INDEX (PRIMARY)", "jobs FORCE INDEX (jobs_owner)",
        "jobs FORCE INDEX (jobs_stopped)", "jobs FORCE INDEX (jobs_idempotency_key)",
        "jobs FORCE INDEX (jobs_due)"};
    return {.jobs = tables[static_cast<std::size_t>(index)],
            .stopped = "stopped_as",
            .pending = "queue >= :queue AND queue <= :queue AND due_slot IS NOT NULL",
            .at_time = "due_slot = :after_at DIV 262144 AND run_at = :after_at",
            .after_time = "due_slot >= :after_at DIV 262144 AND run_at > :after_at",
            .until_time = "due_slot <= :until_at DIV 262144 AND run_at <= :until_at",
            .by_place = "queue, due_slot, run_at, id"};
}

const StoreStatements& MysqlDialect::store_statements() const noexcept { return mysql::sql.store; }

const RowStatements& MysqlDialect::row_statements() const noexcept { return mysql::sql.rows; }

const LimitStatements& MysqlDialect::limit_statements() const noexcept { return mysql::sql.limits; }

const OperatorStatements& MysqlDialect::operator_statements() const noexcept {
    return mysql::sql.operators;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
