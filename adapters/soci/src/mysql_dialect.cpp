#include "mysql_dialect.hpp"

#include "dependencies.hpp"
#include "job_row.hpp"
#include "mysql_batch.hpp"
#include "mysql_fault.hpp"
#include "mysql_schema.hpp"
#include "mysql_session.hpp"
#include "mysql_statements.hpp"
#include "purged_jobs.hpp"

#include <fmt/format.h>
#include <soci/mysql/soci-mysql.h>

#include <algorithm>
#include <cstdio>
#include <tuple>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// The server ends a transaction whose owner has stopped for so long, and so gives its locks free.
constexpr int stalled_after_seconds = 60;

Fault mysql_fault_of(const soci::soci_error& error, Stage stage) {
    if (const auto* known = dynamic_cast<const soci::mysql_soci_error*>(&error))
        return mysql_fault(known->err_num_, stage, error.get_error_message());
    return {Errc::store_failure, "MySQL: SOCI could not run a statement", true};
}

long long number(Session& session, std::string_view sql) {
    long long answer = 0;
    session.query({sql, "i"}).for_first([&](Row row) { answer = row.number(); });
    return answer;
}

std::string text(Session& session, std::string_view sql) {
    std::string answer;
    session.query({sql, "t"}).for_first([&](Row row) { answer = row.take_text(); });
    return answer;
}

bool is_mariadb(Session& session) {
    return text(session, "SELECT VERSION()").find("MariaDB") != std::string::npos;
}

/// Whether the server is a node of a Galera cluster.
bool is_node(Session& session) {
    return text(session, "SELECT count(*) FROM information_schema.SESSION_VARIABLES WHERE "
                         "VARIABLE_NAME = 'WSREP_ON' AND VARIABLE_VALUE = 'ON'") != "0";
}

void set_up(MysqlSession& session, const MysqlOptions& options) {
    const auto patience = std::max<std::int64_t>(
        1, std::chrono::ceil<std::chrono::seconds>(options.busy_timeout).count());
    const auto longest = std::chrono::ceil<std::chrono::milliseconds>(options.statement_timeout);
    session.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    session.run(fmt::format(
        "SET SESSION autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
        " innodb_lock_wait_timeout = {0}, lock_wait_timeout = {0}, wait_timeout = {1}",
        patience, stalled_after_seconds));
    // MySQL has such a limit only for statements that read. MariaDB refuses, from 11.6 on, to lock
    // a row that was changed after the statement's snapshot; here the latest version is what is
    // wanted.
    if (is_mariadb(session)) {
        session.run(fmt::format("SET SESSION max_statement_time = {}.{:03}"
                                " /*M!110600 , innodb_snapshot_isolation = OFF */",
                                longest.count() / 1000, longest.count() % 1000));
        // What another node has committed is seen by each statement that comes after it.
        if (is_node(session)) session.run("SET SESSION wsrep_sync_wait = 15");
    } else {
        session.run(fmt::format("SET SESSION max_execution_time = {}", longest.count()));
    }
    session.max_packet = static_cast<std::size_t>(number(session, "SELECT @@max_allowed_packet"));
}

} // namespace

MysqlDialect::MysqlDialect(MysqlOptions options) : options_(std::move(options)) {}

std::unique_ptr<Session> MysqlDialect::open() const {
    try {
        auto session =
            std::make_unique<MysqlSession>(connect_string(options_), options_.table_prefix);
        set_up(*session, options_);
        return session;
    } catch (const soci::soci_error& error) {
        const Fault fault = mysql_fault_of(error, Stage::working);
        throw Error(fault.code, fault.message + ", opening a session");
    }
}

Fault MysqlDialect::classify(Session& session, const soci::soci_error& error, Stage stage) const {
    if (MysqlSession::of(session).may_have_committed()) stage = Stage::committing;
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

CallTime MysqlDialect::now(Session& session) const {
    if (options_.clock) return options_.clock();
    if (MysqlSession::of(session).is_own()) return std::nullopt;
    Timestamp now; // without leaving a variable behind
    session.query(mysql::now).for_first([&](Row row) { now = row.time(); });
    return now;
}

void MysqlDialect::prepare(Session& session) const {
    const std::string version = text(session, "SELECT VERSION()");
    const bool of_mariadb = is_mariadb(session);
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
}

std::span<const Migration> MysqlDialect::migrations() const noexcept { return mysql_migrations(); }

int MysqlDialect::schema_version(Session& session) const {
    if (!session.query(mysql::has_schema).for_first([](Row) {})) return 0;
    int version = 0;
    session.query(mysql::schema_version).for_first([&](Row row) {
        if (!row.next_is_null()) version = row.small_number();
    });
    return version;
}

void MysqlDialect::lock_schema(Session& session) const {
    constexpr int patience_seconds = 20;
    bool is_locked = false;
    session.query(mysql::lock_schema)
        .for_first([&](Row row) { is_locked = !row.next_is_null() && row.number() == 1; },
                   patience_seconds);
    if (!is_locked)
        throw Error(Errc::store_busy,
                    "MySQL: another process was changing the tables for too long");
}

void MysqlDialect::unlock_schema(Session& session) const {
    session.query(mysql::unlock_schema).for_first([](Row) {});
}

void MysqlDialect::migrate(Session& session, const Migration& migration) const {
    constexpr std::string_view end_of_statement = ";\n";
    std::string_view rest = migration.sql;
    for (auto end = rest.find(end_of_statement); end != rest.npos;
         end = rest.find(end_of_statement)) {
        session.run(rest.substr(0, end));
        rest.remove_prefix(end + end_of_statement.size());
    }
    session.query(mysql::record_version).change(migration.version, now(session));
}

void MysqlDialect::find(Session& session, std::span<const JobId> ids, const JobReading& how,
                        std::vector<std::optional<Job>>& answers) const {
    FoundJobs found;
    session.query(how.sql).for_each(
        [&](Row row) { found.add(how.read(row)); },
        ids_of(ids.begin(), ids.end(), [](const JobId& id) { return id; }));
    found.move_to(answers, ids);
}

void MysqlDialect::advance(Session& session, std::size_t limit, CallTime now) const {
    std::vector<JobId> ids;
    session.query(mysql::find_to_advance)
        .for_each([&](Row row) { ids.push_back(read_id(row)); }, now, limit);
    in_lists(ids, [&](const Expression& these) {
        session.query(mysql::advance).change(priority_step, these);
    });
}

std::size_t MysqlDialect::purge(Session& session, std::string_view type, Timestamp floor,
                                std::size_t limit, CallTime now) const {
    JsonRows ids;
    PurgedJobs purged;
    session.query(mysql::find_to_purge)
        .for_each([&](Row row) { ids.add(purged.add(row)); }, type, floor, now, limit);
    if (ids.count() == 0) return 0;
    purged.settle_estate(session, mysql::over_rows);
    return session.query(mysql::remove_all).change(ids.take());
}

PageWords MysqlDialect::page_words(const JobQuery& query) const noexcept {
    PageWords words{.jobs = "jobs FORCE INDEX (PRIMARY)", .unindexed = {}, .stopped = "stopped_as"};
    const bool is_of_stopped =
        query.status == JobStatus::failed || query.status == JobStatus::cancelled;
    if (query.idempotency_key)
        words.jobs = "jobs FORCE INDEX (jobs_idempotency_key)";
    else if (query.owner)
        words.jobs = "jobs FORCE INDEX (jobs_owner)";
    else if (is_of_stopped)
        words.jobs = "jobs FORCE INDEX (jobs_stopped)";
    return words;
}

OwnStatements MysqlDialect::own_statements() const noexcept {
    return {.find = mysql::find,
            .glance = mysql::glance,
            .restart = mysql::restart,
            .set_paused = mysql::set_paused,
            .add_step = mysql::add_step,
            .held = mysql::held,
            .next_type = mysql::next_type,
            .expired_job = mysql::expired_job,
            .expired_lease = mysql::expired_lease,
            .count_processing = mysql::count_processing,
            .latest_runs = mysql::latest_runs};
}

const RowStatements& MysqlDialect::row_statements() const noexcept { return mysql::over_rows; }

const LimitStatements& MysqlDialect::limit_statements() const noexcept { return mysql::limits; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
