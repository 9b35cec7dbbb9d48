#include "postgresql/dialect.hpp"
#include "postgresql/session.hpp"
#include "postgresql/statements.hpp"
#include "statements/page_statements.hpp"
#include "statements/statements.hpp"

#include "databases/contains.hpp"
#include "databases/postgresql_server.hpp"
#include "databases/searches.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <span>
#include <sstream>
#include <string>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::contains;
using soci_test::Postgresql;
using soci_test::PostgresqlSchema;

// Jobs of each status, and as many that are not due yet: far more than fit in a page or a batch.
constexpr const char* fill = R"sql(
INSERT INTO jobs (id, type, queue, owner, status, priority, max_attempts, unique_key, timeout,
                  retention, created_at, updated_at, run_at, fence, worker, started_at, completed_at,
                  failed_at, cancelled_at, lease_expires_at, expires_at, input)
SELECT to_char(n * 7919 % 600011, '00000000000000000000000000000000') || state, 'noop', 'default',
       CASE WHEN n % 10 = 0 THEN '42' ELSE '' END, status, n % 2, 5, NULL, 0, 1000, n, n,
       CASE WHEN state = 5 THEN 1000000000 + n ELSE n END, 1, 'w' || n % 100,
       CASE WHEN status <> 'pending' THEN n END, CASE WHEN status = 'completed' THEN n END,
       CASE WHEN status = 'failed' THEN n END, CASE WHEN status = 'cancelled' THEN n END,
       CASE WHEN status = 'processing' THEN n END,
       CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN n END, '{}'
  FROM generate_series(1, 100000) AS n,
       unnest(ARRAY['pending', 'processing', 'completed', 'failed', 'cancelled', 'pending'])
       WITH ORDINALITY AS states (status, number),
       LATERAL (SELECT number - 1 AS state) AS numbered;
ANALYZE;
)sql";

struct PostgresqlPlanner {
    explicit PostgresqlPlanner(const char* rows = fill) {
        open_store(schema.url());
        database = std::make_unique<Postgresql>(schema.connect());
        database->run(rows);
        database->run(postgresql_settings({.schema = schema.name(),
                                           .lock_timeout = std::chrono::seconds{5},
                                           .statement_timeout = std::chrono::minutes{10}},
                                          false));
    }

    /// The call of a statement, planned as after many runs (`generic`), or as at the first.
    std::string prepared(std::string_view sql, bool generic) {
        std::string arguments;
        for (const auto& name : parameter_names(sql)) {
            const auto value = values.find(name);
            arguments +=
                (arguments.empty() ? "" : ", ") + (value == values.end() ? "'{}'" : value->second);
        }
        database->run("DEALLOCATE ALL; SET plan_cache_mode = force_" +
                      std::string(generic ? "generic" : "custom") + "_plan");
        database->run("PREPARE statement AS " + postgresql_text(sql));
        return "EXECUTE statement" + (arguments.empty() ? "" : "(" + arguments + ")");
    }

    std::string plan_of(const Sql& sql, bool generic) {
        return plan_of(compose(sql, postgresql::fragments), generic);
    }
    std::string plan_of(const PageStatement& page, bool generic) {
        return plan_of(Sql{"page", page.text}, generic);
    }
    std::string plan_of(std::string_view sql, bool generic) {
        const auto call = prepared(sql, generic);
        std::string plan;
        for (const auto& line : database->column("EXPLAIN " + call)) plan += line + "\n";
        return plan;
    }

    /// How many pages the statement reads; its changes are rolled back.
    int pages_of(const Sql& sql) {
        const auto call = prepared(compose(sql, postgresql::fragments), true);
        database->run("BEGIN");
        const auto lines = database->column("EXPLAIN (ANALYZE, BUFFERS) " + call);
        database->run("ROLLBACK");
        int pages = 0;
        for (const auto& line : lines) { // the first step's count includes all steps
            if (!contains(line, "Buffers: shared")) continue;
            for (const char* kind : {"hit=", "read="})
                if (const auto at = line.find(kind); at != line.npos)
                    pages += std::stoi(line.substr(at + std::strlen(kind)));
            break;
        }
        return pages;
    }

    PostgresqlSchema schema;
    std::unique_ptr<Postgresql> database;
    /// Examples of the parameters, by their names.
    std::map<std::string, std::string> values = {{"now", "500000000"},
                                                 {"n", "100"},
                                                 {"count_limit", "1000"},
                                                 {"queue", "'default'"},
                                                 {"worker", "'w1'"},
                                                 {"type", "'noop'"},
                                                 {"owner", "'42'"},
                                                 {"after", "'a'"},
                                                 {"last", "'b'"},
                                                 {"by", "1000000"},
                                                 {"before", "'5'"},
                                                 {"id", "'1'"},
                                                 {"unique_key", "'k'"},
                                                 {"idempotency_key", "'k'"},
                                                 {"crash_limit", "3"},
                                                 {"error", "'{}'"},
                                                 {"lease_for", "500000000"},
                                                 {"lease_expires_at", "500000000"},
                                                 {"ahead", "1"},
                                                 {"queues", "'{default}'"},
                                                 {"watermark", "5"},
                                                 {"paused", "1"},
                                                 {"created_at", "'{1}'"},
                                                 {"ids", "'{1,2}'"},
                                                 {"fences", "'{1,1}'"},
                                                 {"percents", "'{1,1}'"},
                                                 {"needed_by", "'1'"},
                                                 {"most", "10001"},
                                                 {"looks", "20000"},
                                                 {"since", "'4'"},
                                                 {"after_at", "5"},
                                                 {"until_at", "500000000"},
                                                 {"length", "8"},
                                                 {"begin", "'{\"code\":'"},
                                                 {"queued_at", "5"},
                                                 {"dependents", "1"},
                                                 {"bucket", "'a'"},
                                                 {"run_at", "NULL"},
                                                 {"delay", "0"},
                                                 {"fence", "1"},
                                                 {"rows", "'[[\"1\",\"1\"]]'"},
                                                 {"these", "'[[\"1\"]]'"},
                                                 {"never", "5"},
                                                 {"step", "60000000"},
                                                 {"status", "'failed'"},
                                                 {"reason", "'x'"},
                                                 {"process", "1"},
                                                 {"started_at", "5"},
                                                 {"concurrency", "4"},
                                                 {"running", "1"},
                                                 {"next_within", "5000000"},
                                                 {"run", "1"},
                                                 {"number", "1"},
                                                 {"order_number", "1"},
                                                 {"order_expires_at", "5"},
                                                 {"quiet", "1"},
                                                 {"expires_at", "5"},
                                                 {"start", "5"},
                                                 {"period", "'day'"},
                                                 {"outcome", "'failed'"},
                                                 {"until", "500000000"}};
};

/// The tables, each with the index, that a plan reads without a condition on the index, as a whole.
/// An index of only the requested rows may be read so.
std::string walks_of(const std::string& plan) {
    constexpr std::array<std::string_view, 6> of_nothing_else = {
        "jobs_lease",     "jobs_to_unblock", "jobs_failed",
        "jobs_cancelled", "job_limits_pkey", "job_slots_pkey"};
    std::istringstream lines(plan);
    std::string walks, scan;
    const auto end_scan = [&] {
        const bool may_be_read = std::ranges::any_of(of_nothing_else, [&](auto index) {
            return contains(scan, "using " + std::string(index));
        });
        if (!scan.empty() && !may_be_read) walks += scan + "\n";
        scan.clear();
    };
    for (std::string line; std::getline(lines, line);) {
        const bool is_step = contains(line, "(cost=");
        if (is_step) end_scan();
        const auto scan_at = line.find(" Scan");
        if (is_step && scan_at != line.npos && contains(line, " on job"))
            scan = line.substr(0, line.find("  (cost="));
        if (contains(line, "Index Cond:") || contains(line, "TID Cond:")) scan.clear();
    }
    end_scan();
    return walks;
}

/// Whether every looked-up row is compared with every row of the batch.
bool compares_each_with_each(const std::string& plan) {
    std::istringstream lines(plan);
    for (std::string line; std::getline(lines, line);)
        if (contains(line, "Join Filter:") && contains(line, "|| ''::text)")) return true;
    return false;
}

struct Expected {
    Sql statement;
    const char* index;
};

const Expected all_statements[] = {{postgresql::sql.next_due_in, "jobs_due"},
                                   {postgresql::sql.store.leases_of, "jobs_lease"},
                                   {postgresql::sql.store.expired_lease, "jobs_lease"},
                                   {postgresql::sql.store.next_type, "jobs_finished"},
                                   {postgresql::sql.store.expired_job, "jobs_finished"},
                                   {postgresql::sql.store.add_step, "jobs_pkey"},
                                   {postgresql::sql.store.count_step, "jobs_pkey"},
                                   {postgresql::sql.store.count_step, "job_steps_pkey"},
                                   {postgresql::sql.rows.steps, "job_steps_pkey"},
                                   {postgresql::sql.rows.forget_steps, "job_steps_pkey"},
                                   {postgresql::sql.store.count_waiting, "jobs_due"},
                                   {postgresql::sql.store.count_processing, "jobs_lease"},
                                   {postgresql::sql.store.latest_runs, "jobs_finished"},
                                   {shared::sql.paused, "job_queues"},
                                   {shared::sql.created_at, "jobs_pkey"},
                                   {shared::sql.first_of_key, "jobs_idempotency_key"},
                                   {shared::sql.key_holder, "jobs_unique_key"},
                                   {shared::sql.tombstone_owner, "job_tombstones_pkey"},
                                   {postgresql::sql.store.past_tombstone, "job_tombstones_end"},
                                   {postgresql::sql.store.forget_tombstones, "job_tombstones_end"},
                                   {postgresql::sql.settle, "jobs_pkey"},
                                   {postgresql::sql.claim, "jobs_due"},
                                   {postgresql::sql.extend, "jobs_pkey"},
                                   {postgresql::sql.store.rescue, "jobs_lease"},
                                   {postgresql::sql.store.purge, "jobs_finished"},
                                   {postgresql::sql.store.find, "jobs_pkey"},
                                   {postgresql::sql.store.find_summaries, "jobs_pkey"},
                                   {postgresql::sql.replace, "jobs_pkey"},
                                   {postgresql::sql.rows.check, "jobs_pkey"},
                                   {postgresql::sql.rows.any_finished, "jobs_to_unblock"},
                                   {postgresql::sql.store.to_advance, "jobs_to_advance"},
                                   {postgresql::sql.store.advance, "jobs_to_advance"},
                                   {postgresql::sql.rows.find_finished, "jobs_to_unblock"},
                                   {postgresql::sql.rows.lock, "jobs_pkey"},
                                   {postgresql::sql.rows.mark, "jobs_pkey"},
                                   {postgresql::sql.rows.block, "jobs_pkey"},
                                   {postgresql::sql.rows.notify_children, "job_dependencies_pkey"},
                                   {postgresql::sql.rows.count_down, "jobs_pkey"},
                                   {postgresql::sql.rows.stopped, "jobs_pkey"},
                                   {postgresql::sql.rows.stopped, "job_dependencies_pkey"},
                                   {postgresql::sql.rows.stop, "jobs_pkey"},
                                   {postgresql::sql.rows.disconnect, "job_dependencies_of"},
                                   {postgresql::sql.rows.lock_to_change, "jobs_pkey"},
                                   {postgresql::sql.rows.held_keys, "jobs_unique_key"},
                                   {postgresql::sql.rows.cancel, "jobs_pkey"},
                                   {postgresql::sql.rows.request_cancel, "jobs_pkey"},
                                   {postgresql::sql.rows.restart, "jobs_pkey"},
                                   {postgresql::sql.rows.run_now, "jobs_pkey"},
                                   {postgresql::sql.rows.remove, "jobs_pkey"},
                                   {shared::sql.last_of_waiting, "job_waiting_pkey"},
                                   {postgresql::sql.store.forget_waiting, "job_waiting_pkey"},
                                   {shared::sql.last_of_piece, "jobs_pkey"},
                                   {shared::sql.look_at_piece, "jobs_pkey"},
                                   {shared::sql.look_at_piece, "job_waiting_pkey"},
                                   {shared::sql.move_all_back, "jobs_pkey"},
                                   {shared::sql.end_waits, "jobs_pkey"},
                                   {postgresql::sql.limits.look, "jobs_pkey"},
                                   {postgresql::sql.find_due, "jobs_due"},
                                   {postgresql::sql.limits.take, "jobs_pkey"},
                                   {postgresql::sql.limits.waits, "job_waiting_pkey"},
                                   {postgresql::sql.limits.move, "job_waiting_pkey"},
                                   {shared::sql.due_buckets, "job_buckets_due"},
                                   {shared::sql.due_buckets, "job_buckets_updated"},
                                   {shared::sql.next_buckets, "job_buckets_due"},
                                   {postgresql::sql.limits.buckets, "job_buckets_pkey"},
                                   {postgresql::sql.limits.any_waiting, "job_waiting_in_bucket"},
                                   {postgresql::sql.limits.to_admit, "job_waiting_in_bucket"},
                                   {postgresql::sql.limits.wait, "jobs_pkey"},
                                   {postgresql::sql.limits.stop_waiting, "job_waiting_pkey"},
                                   {postgresql::sql.limits.leave, "job_slots_pkey"},
                                   {postgresql::sql.limits.queue_at, "jobs_pkey"}};

void check_plans_of(std::span<const Expected> statements, PostgresqlPlanner& planner) {
    for (const Expected& expected : statements)
        for (const bool generic : {false, true}) {
            const auto plan = planner.plan_of(expected.statement, generic);
            CAPTURE(expected.statement.name);
            CAPTURE(generic);
            CAPTURE(plan);
            CHECK(walks_of(plan) == "");
            CHECK_FALSE(contains(plan, "Sort"));
            if (generic) CHECK_FALSE(compares_each_with_each(plan)); // of two rows it is right
            CHECK(contains(plan, expected.index));
        }
}

void check_plans(PostgresqlPlanner& planner) {
    check_plans_of(all_statements, planner);

    for (const auto status :
         {std::optional<JobStatus>(), std::optional(JobStatus::pending),
          std::optional(JobStatus::processing), std::optional(JobStatus::completed),
          std::optional(JobStatus::failed), std::optional(JobStatus::cancelled)})
        for (const bool owner : {false, true})
            for (const bool before : {false, true})
                for (const bool needed_by : {false, true})
                    for (const bool narrow : {false, true}) {
                        JobQuery query{.status = status};
                        if (narrow) query.queue = query.type = "t";
                        if (owner) query.owner = "42";
                        if (needed_by) query.needed_by = JobId();
                        if (before) query.before = JobId();
                        const auto page = list_statement(
                            query, PostgresqlDialect{{}}.page_words(index_of(query)));
                        const auto plan = planner.plan_of(page, true);
                        CAPTURE(page.text);
                        CAPTURE(plan);
                        CHECK_FALSE(contains(plan, "Seq Scan on jobs"));
                        CHECK_FALSE(contains(plan, "Sort"));
                        // Without a condition, a page is read from the end of the table.
                        if (needed_by || owner) CHECK(walks_of(plan) == "");
                    }

    for (const bool generic : {false, true}) {
        const JobQuery query{.idempotency_key = "k"};
        const auto plan = planner.plan_of(
            list_statement(query, PostgresqlDialect{{}}.page_words(index_of(query))), generic);
        CAPTURE(plan);
        CHECK(walks_of(plan) == "");
        CHECK_FALSE(contains(plan, "Sort"));
        CHECK(contains(plan, "jobs_idempotency_key"));
    }
}

const Expected for_operators[] = {
    {postgresql::sql.operators.count_failed, "jobs_failed"},
    {postgresql::sql.operators.count_cancelled, "jobs_cancelled"},
    {postgresql::sql.operators.count_finished, "jobs_finished"},
    {postgresql::sql.operators.next_queue, "jobs_due"},
    {postgresql::sql.operators.paused_queues, "job_queues_pkey"},
    {postgresql::sql.operators.processing, "jobs_lease"},
    {postgresql::sql.operators.first_due, "jobs_due"},
    {postgresql::sql.operators.count_later, "jobs_due"},
    {postgresql::sql.operators.count_later, "job_waiting_pkey"},
    {postgresql::sql.operators.processing_ids, "jobs_lease"},
    {postgresql::sql.operators.parents, "job_dependencies_of"},
    {postgresql::sql.operators.children, "job_dependencies_pkey"},
    {postgresql::sql.operators.waiting_job, "jobs_pkey"},
    {postgresql::sql.operators.paused_since, "job_queues_pkey"},
    {postgresql::sql.operators.open_parents, "job_dependencies_of"},
    {postgresql::sql.operators.count_before, "jobs_due"},
    {postgresql::sql.operators.count_before_in_bucket, "job_waiting_in_bucket"},
    {postgresql::sql.operators.holders, "job_slots_pkey"},
    {postgresql::sql.operators.next_start, "job_buckets_pkey"},
    {postgresql::sql.operators.fleet.worker_run, "job_workers_pkey"},
    {postgresql::sql.operators.fleet.keep_report, "job_workers_pkey"},
    {postgresql::sql.operators.fleet.workers, "job_workers_pkey"},
    {postgresql::sql.operators.fleet.worker_to_order, "job_workers_pkey"},
    {postgresql::sql.operators.fleet.keep_order, "job_workers_pkey"},
    {postgresql::sql.operators.fleet.tallies, "job_tallies_pkey"},
    {postgresql::sql.operators.fleet.audit_entries, "job_audit_pkey"},
    {postgresql::sql.operators.fleet.last_heartbeats, "job_workers_pkey"},
    {postgresql::sql.operators.fleet.forget_worker, "job_workers_pkey"},
    {postgresql::sql.operators.fleet.past_tally, "job_tallies_pkey"},
    {postgresql::sql.operators.fleet.forget_tallies, "job_tallies_pkey"},
    {postgresql::sql.operators.fleet.past_audit_entry, "job_audit_pkey"},
    {postgresql::sql.operators.fleet.forget_audit_entries, "job_audit_pkey"},
    {postgresql::sql.store.find_listed, "jobs_pkey"}};

void check_plans_for_operators(PostgresqlPlanner& planner) {
    check_plans_of(for_operators, planner);
    for (const bool generic : {false, true}) {
        const auto plan = planner.plan_of(postgresql::sql.operators.count_pending, generic);
        CAPTURE(plan);
        CHECK(contains(plan, "using jobs_due"));
        CHECK_FALSE(contains(plan, "Sort"));
    }
}

void check_plans_of_searches(PostgresqlPlanner& planner) {
    constexpr std::array<const char*, 5> indexes = {"jobs_pkey", "jobs_owner", "jobs_",
                                                    "jobs_idempotency_key", "jobs_due"};
    for (const JobSearch& search : soci_test::searches())
        for (const SearchPart& part : soci_test::parts_of(search)) {
            const PageWords words = PostgresqlDialect{{}}.page_words(index_of(search));
            for (const PageStatement& statement :
                 {search_statement(part, words, 50), end_of_looks(part, words, 20'000),
                  count_of_looks(part, words, 20'000)}) {
                const auto plan = planner.plan_of(statement, false);
                CAPTURE(statement.text);
                CAPTURE(plan);
                CHECK_FALSE(contains(plan, "Seq Scan on jobs"));
                CHECK_FALSE(contains(plan, "Sort"));
                CHECK(contains(plan, indexes[static_cast<std::size_t>(index_of(search))]));
            }
        }
}

TEST_CASE("on PostgreSQL no statement for operators reads all jobs, or sorts them" *
          needs_postgresql) {
    PostgresqlPlanner planner;
    check_plans_for_operators(planner);
    check_plans_of_searches(planner);
}

TEST_CASE("on PostgreSQL plans for operators that were made for empty tables stay good" *
          needs_postgresql) {
    PostgresqlPlanner planner("SELECT 1");
    check_plans_for_operators(planner);
    check_plans_of_searches(planner);
}

TEST_CASE("on PostgreSQL no statement scans the table or sorts, and each uses its index" *
          needs_postgresql) {
    PostgresqlPlanner planner;
    check_plans(planner);
}

TEST_CASE("on PostgreSQL a plan made when the tables were empty does not scan them later" *
          needs_postgresql) {
    PostgresqlPlanner planner("SELECT 1");
    check_plans(planner);
    planner.database->run("VACUUM ANALYZE");
    check_plans(planner);
}

TEST_CASE("statistics of a moment without running jobs do not mislead PostgreSQL" *
          needs_postgresql) {
    PostgresqlPlanner planner;
    planner.database->run("DELETE FROM jobs WHERE status = 'processing'");
    planner.database->run("VACUUM ANALYZE jobs");
    for (const Sql& statement : {postgresql::sql.settle, postgresql::sql.extend})
        for (const bool generic : {false, true}) {
            const auto plan = planner.plan_of(statement, generic);
            CAPTURE(plan);
            CHECK(contains(plan, "Index Scan using jobs_pkey"));
            if (generic) CHECK_FALSE(compares_each_with_each(plan)); // of two rows it is right
            CHECK(walks_of(plan) == "");
        }
}

/// Adds removed jobs that were in every index below the example mark, and their tombstones.
void add_dead(Postgresql& database, int count) {
    const auto rows = " FROM generate_series(1, " + std::to_string(count) + ") AS n";
    database.run(
        "INSERT INTO jobs (id, type, queue, owner, status, priority, max_attempts, timeout,"
        " retention, created_at, updated_at, run_at, worker, input)"
        " SELECT n, 'noop', 'default', '', 'pending', 1, 5, 0, 0, 1, 1, -n, 'w1', '{}'" +
        rows);
    database.run("UPDATE jobs SET not_before = run_at");
    database.run("UPDATE jobs SET status = 'processing', lease_expires_at = run_at");
    database.run("UPDATE jobs SET status = 'completed', lease_expires_at = NULL,"
                 " completed_at = run_at, started_at = run_at, expires_at = run_at");
    database.run("DELETE FROM jobs");
    database.run("INSERT INTO job_tombstones (id, owner, expires_at) SELECT n, '42', -n" + rows);
    database.run("DELETE FROM job_tombstones");
}

TEST_CASE("on PostgreSQL no statement that begins at a low-water mark reads dead entries below it" *
          needs_postgresql) {
    const Sql all[] = {
        postgresql::sql.store.count_waiting, postgresql::sql.store.count_processing,
        postgresql::sql.store.latest_runs,   postgresql::sql.store.leases_of,
        postgresql::sql.store.expired_lease, postgresql::sql.store.to_advance,
        postgresql::sql.store.expired_job,   postgresql::sql.store.past_tombstone,
        postgresql::sql.store.rescue,        postgresql::sql.store.purge,
        postgresql::sql.store.advance,       postgresql::sql.store.forget_tombstones};
    std::vector<int> pages;
    for (const int count : {2'000, 20'000}) {
        PostgresqlPlanner planner("SELECT 1");
        auto reader = planner.schema.connect();
        reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jobs");
        add_dead(*planner.database, count);
        for (std::size_t i = 0; i < std::size(all); ++i) {
            planner.pages_of(all[i]); // which reads the catalog as well
            const int read = planner.pages_of(all[i]);
            if (pages.size() < std::size(all)) {
                pages.push_back(read);
                continue;
            }
            CAPTURE(all[i].name);
            CHECK(read <= 2 * pages[i] + 20);
        }
    }
}

TEST_CASE("on PostgreSQL a look at a piece of dead entries reads only that piece" *
          needs_postgresql) {
    const Sql all[] = {postgresql::sql.store.count_waiting,
                       postgresql::sql.store.count_processing,
                       postgresql::sql.store.latest_runs,
                       postgresql::sql.store.expired_lease,
                       postgresql::sql.store.to_advance,
                       postgresql::sql.store.expired_job,
                       postgresql::sql.store.past_tombstone,
                       postgresql::sql.claim,
                       postgresql::sql.find_due};
    PostgresqlPlanner planner("SELECT 1");
    auto reader = planner.schema.connect();
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jobs");
    constexpr int count = 20'000;
    add_dead(*planner.database, count);
    const auto pages_from = [&](int first, const Sql& sql) {
        const auto last = std::to_string(first + count / 100);
        planner.values["now"] = planner.values["until"] = last;
        planner.values["watermark"] = std::to_string(first);
        planner.values["first_from"] = planner.values["then_from"] =
            "'{" + std::to_string(first) + "}'";
        planner.values["first_to"] = planner.values["then_to"] = "'{" + last + "}'";
        planner.pages_of(sql); // which reads the catalog as well
        return planner.pages_of(sql);
    };
    for (const Sql& sql : all) {
        CAPTURE(sql.name);
        const int nothing = pages_from(-3 * count, sql);
        for (const int first : {-count, -count / 2, -count / 100})
            CHECK(pages_from(first, sql) <= nothing + 4 * count / 100);
    }
}

} // namespace
