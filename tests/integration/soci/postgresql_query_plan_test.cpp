#include "postgresql_dialect.hpp"
#include "postgresql_session.hpp"
#include "postgresql_statements.hpp"
#include "statements.hpp"

#include "databases/contains.hpp"
#include "databases/postgresql_server.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::contains;
using soci_test::Postgresql;
using soci_test::PostgresqlSchema;

// Of each status, and as many that are not due yet: far more than fits into a page or a batch.
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
    PostgresqlPlanner() {
        open_store(schema.url());
        database = std::make_unique<Postgresql>(schema.connect());
        database->run(fill);
    }

    /// How a session plans it that has run it often (`generic`), or not yet.
    std::string plan_of(std::string_view sql, bool generic) {
        static const std::map<std::string, std::string> values = {{"now", "500000000"},
                                                                  {"n", "100"},
                                                                  {"count_limit", "1000"},
                                                                  {"queue", "'default'"},
                                                                  {"worker", "'w1'"},
                                                                  {"type", "'noop'"},
                                                                  {"owner", "'42'"},
                                                                  {"after", "'a'"},
                                                                  {"before", "'5'"},
                                                                  {"id", "'1'"},
                                                                  {"unique_key", "'k'"},
                                                                  {"idempotency_key", "'k'"},
                                                                  {"crash_limit", "3"},
                                                                  {"error", "'{}'"},
                                                                  {"lease_for", "500000000"},
                                                                  {"queues", "'{default}'"},
                                                                  {"floors", "'{5}'"},
                                                                  {"look_below", "'{t}'"},
                                                                  {"floor", "5"},
                                                                  {"paused", "1"},
                                                                  {"created_at", "'{1}'"},
                                                                  {"ids", "'{1,2}'"},
                                                                  {"fences", "'{1,1}'"},
                                                                  {"percents", "'{1,1}'"},
                                                                  {"rows", "'[[\"1\",\"1\"]]'"},
                                                                  {"never", "5"},
                                                                  {"step", "60000000"},
                                                                  {"status", "'failed'"},
                                                                  {"reason", "'x'"}};
        std::string arguments;
        for (const auto& name : parameter_names(sql)) {
            const auto value = values.find(name);
            arguments +=
                (arguments.empty() ? "" : ", ") + (value == values.end() ? "'{}'" : value->second);
        }
        database->run("DEALLOCATE ALL; SET plan_cache_mode = force_" +
                      std::string(generic ? "generic" : "custom") + "_plan");
        database->run("PREPARE statement AS " + postgresql_text(sql));
        std::string plan;
        for (const auto& line : database->column("EXPLAIN EXECUTE statement" +
                                                 (arguments.empty() ? "" : "(" + arguments + ")")))
            plan += line + "\n";
        return plan;
    }

    PostgresqlSchema schema;
    std::unique_ptr<Postgresql> database;
};

TEST_CASE("on PostgreSQL no statement scans the table or sorts, and each uses its index" *
          needs_postgresql) {
    PostgresqlPlanner planner;
    struct Expected {
        Sql statement;
        const char* index;
    };
    const Expected all[] = {{postgresql::next_due_in, "jobs_due"},
                            {statements::held, "jobs_lease"},
                            {statements::expired_lease, "jobs_lease"},
                            {statements::next_type, "jobs_finished"},
                            {statements::expired_job, "jobs_finished"},
                            {statements::cancel_pending, "jobs_pkey"},
                            {statements::request_cancel, "jobs_pkey"},
                            {statements::remove, "jobs_pkey"},
                            {statements::count_waiting, "jobs_due"},
                            {statements::count_processing, "jobs_lease"},
                            {statements::latest_runs, "jobs_finished"},
                            {statements::paused, "job_queues"},
                            {statements::created_at, "jobs_pkey"},
                            {statements::first_of_key, "jobs_idempotency_key"},
                            {statements::key_holder, "jobs_unique_key"},
                            {postgresql::settle, "jobs_pkey"},
                            {postgresql::claim, "jobs_due"},
                            {postgresql::extend, "jobs_pkey"},
                            {postgresql::rescue, "jobs_lease"},
                            {postgresql::purge, "jobs_finished"},
                            {postgresql::find, "jobs_pkey"},
                            {statements::lock, "jobs_pkey"},
                            {postgresql::restart, "jobs_pkey"},
                            {statements::cancel_processing, "jobs_pkey"},
                            {postgresql::over_rows.check, "jobs_pkey"},
                            {postgresql::over_rows.any_to_unblock, "jobs_to_unblock"},
                            {postgresql::over_rows.any_to_unblock, "jobs_to_advance"},
                            {postgresql::advance, "jobs_to_advance"},
                            {postgresql::over_rows.find_finished, "jobs_to_unblock"},
                            {postgresql::over_rows.mark, "jobs_pkey"},
                            {postgresql::over_rows.block, "jobs_pkey"},
                            {postgresql::over_rows.children, "job_dependencies"},
                            {postgresql::over_rows.count_down, "jobs_pkey"},
                            {postgresql::over_rows.let_go, "jobs_pkey"},
                            {postgresql::over_rows.stop, "jobs_pkey"},
                            {postgresql::over_rows.disconnect, "job_dependencies"},
                            {postgresql::limits.look, "jobs_pkey"},
                            {postgresql::limits.wait, "jobs_pkey"},
                            {postgresql::limits.call, "jobs_pkey"},
                            {postgresql::limits.put_back, "jobs_pkey"}};
    for (const Expected& expected : all)
        for (const bool generic : {false, true}) {
            const auto plan = planner.plan_of(expected.statement.text, generic);
            CAPTURE(expected.statement.text);
            CAPTURE(generic);
            CAPTURE(plan);
            CHECK_FALSE(contains(plan, "Seq Scan on jobs"));
            CHECK_FALSE(contains(plan, "Sort"));
            CHECK(contains(plan, expected.index));
        }

    for (const auto status :
         {std::optional<JobStatus>(), std::optional(JobStatus::pending),
          std::optional(JobStatus::processing), std::optional(JobStatus::completed),
          std::optional(JobStatus::failed), std::optional(JobStatus::cancelled)})
        for (const bool owner : {false, true})
            for (const bool before : {false, true})
                for (const bool narrow : {false, true}) {
                    JobQuery query{.status = status};
                    if (narrow) query.queue = query.type = "t";
                    if (owner) query.owner = "42";
                    if (before) query.before = JobId();
                    const auto sql = list_statement(query, PostgresqlDialect{{}}.page_words(query));
                    const auto plan = planner.plan_of(sql, true);
                    CAPTURE(sql);
                    CAPTURE(plan);
                    CHECK_FALSE(contains(plan, "Seq Scan on jobs"));
                    CHECK_FALSE(contains(plan, "Sort"));
                }
}

TEST_CASE("statistics of a moment without running jobs do not mislead PostgreSQL" *
          needs_postgresql) {
    PostgresqlPlanner planner;
    planner.database->run("DELETE FROM jobs WHERE status = 'processing'");
    planner.database->run("VACUUM ANALYZE jobs");
    for (const Sql& statement : {postgresql::settle, postgresql::extend})
        for (const bool generic : {false, true}) {
            const auto plan = planner.plan_of(statement.text, generic);
            CAPTURE(plan);
            CHECK(contains(plan, "Index Scan using jobs_pkey"));
            CHECK_FALSE(contains(plan, "Join Filter"));
        }
}

} // namespace
