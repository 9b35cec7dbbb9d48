#include "postgresql/dialect.hpp"

#include "postgresql/array.hpp"
#include "postgresql/fault.hpp"
#include "postgresql/schema.hpp"
#include "postgresql/session.hpp"
#include "postgresql/statements.hpp"
#include "postgresql/wakeups.hpp"
#include "store/job_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Identifies migrations among the advisory locks of a database.
constexpr std::int64_t schema_lock = 7091432250311187;

/// The server's limit for a statement is so much shorter than the client's.
constexpr Duration grace = std::chrono::seconds{5};

std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) out += c == quote ? std::string(2, c) : std::string(1, c);
    return out + quote;
}

std::string as_name(std::string_view text) { return quoted(text, '"'); }

/// A literal that is valid for any standard_conforming_strings of the session.
std::string as_literal(std::string_view text) {
    std::string out = text.find('\\') == text.npos ? "" : "E";
    for (const char c : quoted(text, '\'')) out += c == '\\' ? "\\\\" : std::string(1, c);
    return out;
}

/// The schema in which the session sees the store's tables; if there are none, the first in which
/// they can be made. No other schema is searched, so that names there can't hide our tables.
std::string own_schema(const PostgresqlOptions& options) {
    return fmt::format(
        "coalesce((SELECT quote_ident(n.nspname) FROM pg_class AS c"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE c.relname = '{}' AND pg_table_is_visible(c.oid) AND left(n.nspname, 3) <> 'pg_'),"
        " (SELECT quote_ident(name) FROM unnest(current_schemas(false)) WITH ORDINALITY"
        " AS path (name, place) WHERE left(name, 3) <> 'pg_' AND name <> 'information_schema'"
        " ORDER BY place LIMIT 1), 'pg_catalog')",
        with_table_prefix("asyncjobs_schema", options.table_prefix));
}

/// At least 1, as 0 means no timeout.
std::int64_t milliseconds(Duration timeout) {
    return std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count(), 1);
}

} // namespace

std::string postgresql_settings(const PostgresqlOptions& options, bool for_transaction) {
    const auto patience = as_literal(std::to_string(milliseconds(options.statement_timeout)));
    const auto own =
        options.schema.empty() ? own_schema(options) : as_literal(as_name(options.schema));
    const auto durability =
        options.synchronous_commit.empty()
            ? "coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on')"
            : as_literal(options.synchronous_commit);
    // The planner's statistics may date from when the table was empty, so plans that scan or sort
    // are forbidden. No setting forbids a full index scan, so statements must not allow one. Hash
    // joins are of a batch with the rows that were looked up for it.
    const std::pair<std::string_view, std::string> settings[] = {
        {"client_min_messages", "'error'"},
        {"statement_timeout", patience},
        {"lock_timeout", as_literal(std::to_string(milliseconds(options.lock_timeout)))},
        {"idle_in_transaction_session_timeout", patience},
        {"default_transaction_isolation", "'read committed'"},
        {"default_transaction_read_only", "'off'"},
        {"array_nulls", "'on'"},
        {"standard_conforming_strings", "'on'"},
        {"transform_null_equals", "'off'"},
        {"plan_cache_mode", "'auto'"},
        {"enable_indexscan", "'on'"},
        {"enable_indexonlyscan", "'on'"},
        {"enable_nestloop", "'on'"},
        {"enable_hashjoin", "'on'"},
        {"enable_seqscan", "'off'"},
        {"enable_bitmapscan", "'off'"},
        {"enable_sort", "'off'"},
        {"enable_mergejoin", "'off'"},
        {"jit", "'off'"},
        {"max_parallel_workers_per_gather", "'0'"},
        // A pooler's other client may have left a temporary table in the session.
        {"search_path", own + " || ', pg_temp'"},
        {"synchronous_commit", durability}};

    const std::string_view scope = for_transaction ? "true" : "false";
    std::string text = "SELECT current_schemas(false)";
    for (const auto& [name, value] : settings)
        text += fmt::format(", set_config('{}', {}, {})", name, value, scope);
    // Not every version has these; 0: no limit.
    for (const auto& [name, version] :
         {std::pair{"idle_session_timeout", 140000}, std::pair{"transaction_timeout", 170000}})
        text += fmt::format(", CASE WHEN CAST(current_setting('server_version_num') AS integer)"
                            " >= {} THEN set_config('{}', '0', {}) END",
                            version, name, scope);
    return text;
}

PostgresqlDialect::PostgresqlDialect(PostgresqlOptions options) : options_(std::move(options)) {}

std::unique_ptr<Session> PostgresqlDialect::open() const {
    try {
        auto session = std::make_unique<PostgresqlSession>(
            options_.connect_string, options_.table_prefix, options_.statement_timeout + grace);
        const auto settings = postgresql_settings(options_, options_.pools_transactions);
        if (options_.pools_transactions)
            session->set_for_each_transaction(settings);
        else // set alone first, as the role's limits may be too short for the rest
            session->set_schemas(
                session->execute("SET statement_timeout = 0; SET lock_timeout = 0; " + settings));
        return session;
    } catch (const soci::soci_error& error) {
        throw Error(Errc::store_unavailable,
                    fmt::format("PostgreSQL can't be reached: {}", error.get_error_message()));
    }
}

Fault PostgresqlDialect::classify(Session& session, const soci::soci_error& error,
                                  Stage stage) const {
    const auto* known = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    if (!known) return {Errc::store_failure, error.get_error_message(), true};
    auto& postgresql = as_postgresql(session);
    if (postgresql.may_have_committed()) stage = Stage::committing;
    return postgresql_fault(known->sqlstate(), postgresql.is_connected(), stage);
}

using Transaction = PostgresqlSession::Transaction;

void PostgresqlDialect::begin_write(Session& session) const {
    as_postgresql(session).begin(Transaction::open);
}

void PostgresqlDialect::begin_read(Session& session) const {
    as_postgresql(session).begin(Transaction::none);
}

void PostgresqlDialect::begin_batch(Session& session) const {
    as_postgresql(session).begin(Transaction::batch);
}

void PostgresqlDialect::commit(Session& session) const { as_postgresql(session).commit(); }

bool PostgresqlDialect::rollback(Session& session) const noexcept {
    auto& postgresql = as_postgresql(session);
    try {
        if (postgresql.is_connected()) postgresql.rollback();
        return postgresql.is_connected();
    } catch (...) {
        return false;
    }
}

CallTime PostgresqlDialect::clock() const {
    return options_.clock ? CallTime(options_.clock()) : std::nullopt;
}

std::unique_ptr<Wakeups> PostgresqlDialect::connect(Notifier& notifier) const {
    if (!options_.listens) return nullptr;
    return std::make_unique<PostgresqlWakeups>(
        options_.connect_string,
        "SET statement_timeout = 0; " + postgresql_settings(options_, false),
        with_table_prefix("jobs", options_.table_prefix), notifier);
}

void PostgresqlDialect::prepare(Session& session) const {
    auto& postgresql = as_postgresql(session);
    const auto must_be = [&](const std::string& setting, std::string_view wanted) {
        if (const auto value = postgresql.execute("SHOW " + setting); value != wanted)
            throw Error(Errc::store_failure, fmt::format("the database's {} is {}, but must be {}",
                                                         setting, value, wanted));
    };
    must_be("server_encoding", "UTF8");
    // The default isolation level does not apply to the transaction that sets it.
    must_be("transaction_isolation", "read committed");
    if (options_.pools_transactions) must_be("transaction_read_only", "off");
    const auto schema = postgresql.execute("SELECT current_schema()");
    if (options_.schema.empty() ? !schema.starts_with("pg_") : schema == options_.schema) return;
    if (options_.schema.empty())
        throw Error(Errc::store_failure,
                    "the session's search_path names no schema in which tables can be made; set "
                    "the schema in the store's URL");
    postgresql.execute(fmt::format("BEGIN; SELECT pg_advisory_xact_lock({});"
                                   "CREATE SCHEMA IF NOT EXISTS {}; COMMIT",
                                   schema_lock, as_name(options_.schema)));
}

void PostgresqlDialect::lock_schema(Session& session) const {
    session.query(postgresql::sql.lock_schema).for_first([](Row) {}, schema_lock);
}

std::span<const Migration> PostgresqlDialect::migrations() const noexcept {
    return postgresql_migrations();
}

SchemaObjects PostgresqlDialect::find_objects(Session& session, const SchemaObjects& wanted) const {
    // to_regclass() and the like may not see yet what was committed since the transaction began.
    return read_objects(
        session,
        fmt::format(
            "SELECT kind, CASE n.nspname WHEN current_schema() THEN '' ELSE n.nspname || '.' END"
            "  || found.name, column_name"
            " FROM (SELECT CASE WHEN c.relkind IN ('r', 'p', 'f') THEN 'table'"
            "   WHEN c.relkind IN ('v', 'm') THEN 'view' WHEN c.relkind = 'S' THEN 'sequence'"
            "   WHEN c.relkind = 'c' THEN 'type' ELSE 'index' END AS kind, c.relname AS name,"
            "   c.relnamespace AS schema, a.attname AS column_name"
            "  FROM pg_catalog.pg_class AS c LEFT JOIN pg_catalog.pg_attribute AS a"
            "   ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            "   AND c.relkind IN ('r', 'p')"
            "  WHERE c.relname IN ({0})"
            "  UNION ALL SELECT 'type', typname, typnamespace, NULL FROM pg_catalog.pg_type"
            "  WHERE typrelid = 0 AND typname IN ({0})) AS found"
            " JOIN pg_catalog.pg_namespace AS n ON n.oid = found.schema"
            " WHERE n.nspname = current_schema() OR n.nspname = ANY(CAST({1} AS text[]))"
            " ORDER BY n.nspname = current_schema() DESC, kind, name",
            quoted_names(wanted), as_literal(as_postgresql(session).schemas())));
}

void PostgresqlDialect::migrate(Session& session, const Migration& migration) const {
    // A migration may read or change all jobs.
    constexpr std::chrono::hours longest{24};
    auto& postgresql = as_postgresql(session);
    postgresql.execute("SET LOCAL statement_timeout = 0");
    const Duration usual = postgresql.wait_for(longest);
    postgresql.execute(session.with_prefix(migration.sql));
    postgresql.wait_for(usual);
    session.query(shared::sql.record_version).change(migration.version, now(session));
}

void PostgresqlDialect::find(Session& session, std::span<const JobId> ids, const JobReading& how,
                             std::vector<std::optional<Job>>& jobs) const {
    PostgresqlArray wanted;
    for (const JobId& id : ids) wanted.add(id.text());
    FoundJobs found;
    session.query(how.sql).for_each([&](Row row) { found.add(how.read(row)); }, wanted.text());
    found.move_to(jobs, ids);
}

const StoreStatements& PostgresqlDialect::store_statements() const noexcept {
    return postgresql::sql.store;
}

const RowStatements& PostgresqlDialect::row_statements() const noexcept {
    return postgresql::sql.rows;
}

const LimitStatements& PostgresqlDialect::limit_statements() const noexcept {
    return postgresql::sql.limits;
}

const OperatorStatements& PostgresqlDialect::operator_statements() const noexcept {
    return postgresql::sql.operators;
}

StatusEstimates PostgresqlDialect::estimates(Session& session) const {
    StatusEstimates found;
    const auto read = [](Row& row) -> std::optional<std::int64_t> {
        if (row.next_is_null()) {
            row.skip();
            return std::nullopt;
        }
        const std::int64_t rows = row.number();
        return rows < 0 ? std::nullopt : std::optional(rows); // -1: not vacuumed yet
    };
    session.query(postgresql::sql.estimates).for_first([&](Row row) {
        found.pending = read(row);
        found.finished = read(row);
        found.failed = read(row);
        found.cancelled = read(row);
    });
    return found;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
