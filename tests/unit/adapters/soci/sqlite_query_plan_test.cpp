#include "sqlite/statements.hpp"
#include "statements/page_statements.hpp"
#include "statements/statements.hpp"

#include "databases/contains.hpp"
#include "databases/searches.hpp"
#include "databases/sqlite_file.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <array>
#include <utility>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::contains;
using soci_test::Sqlite;
using soci_test::SqliteFile;

struct SqlitePlanner {
    SqliteFile file;
    std::unique_ptr<JobStore> store = open_store(file.url());
    Sqlite database{file.path()};

    std::string plan_of(const Sql& sql) { return plan_of(compose(sql, sqlite::fragments)); }
    std::string plan_of(const PageStatement& page) { return plan_of(Sql{"page", page.text}); }
    std::string plan_of(std::string_view sql) {
        std::string plan;
        for (const auto& step : database.column("EXPLAIN QUERY PLAN " + std::string(sql), 3))
            plan += step + "\n";
        return plan;
    }
};

TEST_CASE("no statement scans the table or sorts") {
    SqlitePlanner planner;
    const Sql all[] = {shared::sql.next_due_in,
                       sqlite::sql.store.leases_of,
                       sqlite::sql.store.expired_lease,
                       sqlite::sql.store.next_type,
                       sqlite::sql.store.expired_job,
                       sqlite::sql.store.count_waiting,
                       sqlite::sql.store.count_processing,
                       sqlite::sql.store.latest_runs,
                       shared::sql.paused,
                       sqlite::sql.insert,
                       shared::sql.created_at,
                       shared::sql.key_holder,
                       sqlite::sql.complete,
                       sqlite::sql.fail,
                       sqlite::sql.cancel,
                       sqlite::sql.put_back,
                       sqlite::sql.claim,
                       sqlite::sql.extend,
                       sqlite::sql.extend_with_progress,
                       sqlite::sql.store.rescue,
                       sqlite::sql.store.purge,
                       sqlite::sql.store.find,
                       sqlite::sql.store.set_paused,
                       sqlite::sql.rows.check,
                       sqlite::sql.store.advance,
                       sqlite::sql.rows.any_finished,
                       sqlite::sql.store.to_advance,
                       sqlite::sql.rows.find_finished,
                       sqlite::sql.rows.mark,
                       sqlite::sql.rows.block,
                       sqlite::sql.rows.lock,
                       sqlite::sql.rows.notify_children,
                       sqlite::sql.rows.lock_to_change,
                       sqlite::sql.rows.held_keys,
                       sqlite::sql.rows.cancel,
                       sqlite::sql.rows.request_cancel,
                       sqlite::sql.rows.restart,
                       sqlite::sql.rows.run_now,
                       sqlite::sql.rows.remove,
                       sqlite::sql.rows.count_down,
                       sqlite::sql.rows.stopped,
                       sqlite::sql.rows.stop,
                       sqlite::sql.rows.disconnect,
                       sqlite::sql.rows.steps,
                       sqlite::sql.rows.forget_steps,
                       sqlite::sql.store.add_step,
                       sqlite::sql.store.count_step,
                       shared::sql.last_of_piece,
                       shared::sql.look_at_piece,
                       shared::sql.move_all_back,
                       shared::sql.end_waits,
                       sqlite::sql.limits.look,
                       sqlite::sql.limits.to_admit,
                       sqlite::sql.limits.buckets,
                       sqlite::sql.limits.any_waiting,
                       sqlite::sql.limits.stop_waiting,
                       sqlite::sql.limits.leave,
                       sqlite::sql.limits.take,
                       sqlite::sql.limits.waits,
                       sqlite::sql.limits.move,
                       sqlite::sql.limits.wait,
                       sqlite::sql.limits.queue_at,
                       sqlite::sql.find_due};
    for (const Sql& statement : all) {
        const auto plan = planner.plan_of(statement);
        CAPTURE(statement.name);
        CAPTURE(plan);
        CHECK_FALSE(contains(plan, "SCAN jobs\n"));
        CHECK_FALSE(contains(plan, "INDEX sqlite_autoindex_jobs_1\n"));
        CHECK_FALSE(contains(plan, "SCAN job_"));
        CHECK_FALSE(contains(plan, "TEMP B-TREE"));
    }
}

TEST_CASE("each query uses the index made for it") {
    SqlitePlanner planner;
    CHECK(contains(planner.plan_of(sqlite::sql.claim),
                   "SEARCH jobs USING COVERING INDEX jobs_due (queue=? AND run_at<?)"));
    CHECK(contains(planner.plan_of(shared::sql.next_due_in), "COVERING INDEX jobs_due (queue=?)"));
    CHECK(contains(planner.plan_of(sqlite::sql.store.count_waiting),
                   "COVERING INDEX jobs_due (queue=? AND run_at>? AND run_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::sql.store.rescue),
                   "INDEX jobs_lease (lease_expires_at>? AND lease_expires_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::sql.store.leases_of),
                   "INDEX jobs_lease (lease_expires_at>?)"));
    CHECK(
        contains(planner.plan_of(sqlite::sql.store.count_processing), "COVERING INDEX jobs_lease"));
    CHECK(contains(planner.plan_of(sqlite::sql.store.purge),
                   "INDEX jobs_finished (type=? AND expires_at>? AND expires_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::sql.store.latest_runs),
                   "INDEX jobs_finished (type=? AND expires_at>? AND expires_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::sql.store.advance),
                   "SEARCH jobs USING INDEX jobs_to_advance (run_at>? AND run_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::sql.limits.to_admit),
                   "INDEX job_waiting_in_bucket (bucket=?"));
    const auto due_buckets = planner.plan_of(shared::sql.due_buckets);
    CHECK(contains(due_buckets, "INDEX job_buckets_due (due_at<?)"));
    CHECK(contains(due_buckets, "INDEX job_buckets_updated (updated_at>?)"));
    CHECK(contains(planner.plan_of(shared::sql.next_buckets),
                   "INDEX job_buckets_due (due_at>? AND due_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::sql.rows.any_finished), "INDEX jobs_to_unblock"));
    CHECK(contains(planner.plan_of(sqlite::sql.store.to_advance),
                   "INDEX jobs_to_advance (run_at>? AND run_at<?)"));
    CHECK(
        contains(planner.plan_of(shared::sql.key_holder), "INDEX jobs_unique_key (unique_key=?)"));
    CHECK(contains(planner.plan_of(shared::sql.first_of_key),
                   "INDEX jobs_idempotency_key (idempotency_key=?)"));
}

TEST_CASE("a page of jobs is read from an index in its order") {
    SqlitePlanner planner;
    const auto plan = [&](const JobQuery& query) {
        return planner.plan_of(list_statement(query, {.unindexed = "+"}));
    };
    CHECK(contains(plan({.owner = "42"}), "SEARCH jobs USING INDEX jobs_owner (owner=?)"));
    CHECK(contains(plan({.owner = "42", .status = JobStatus::completed, .before = JobId()}),
                   "SEARCH jobs USING INDEX jobs_owner (owner=? AND id<?)"));
    CHECK(contains(plan({.status = JobStatus::failed}), "SCAN jobs USING INDEX jobs_failed"));
    CHECK(contains(plan({.status = JobStatus::cancelled, .before = JobId()}),
                   "INDEX jobs_cancelled (id<?)"));
    CHECK(contains(plan({.before = JobId()}), "INDEX sqlite_autoindex_jobs_1 (id<?)"));
    CHECK(contains(plan({.idempotency_key = "k"}),
                   "SEARCH jobs USING INDEX jobs_idempotency_key (idempotency_key=?)"));
    for (const bool before : {false, true})
        for (const bool owner : {false, true})
            for (const auto status :
                 {std::optional<JobStatus>(), std::optional(JobStatus::pending),
                  std::optional(JobStatus::processing), std::optional(JobStatus::completed)}) {
                JobQuery query{.queue = "q", .type = "t", .status = status};
                if (owner) query.owner = "42";
                if (before) query.before = JobId();
                CAPTURE(list_statement(query, {.unindexed = "+"}).text);
                CHECK_FALSE(contains(plan(query), "TEMP B-TREE"));
            }
}

TEST_CASE("no statement for operators reads all jobs, or sorts them") {
    SqlitePlanner planner;
    for (const Sql& statement : all_of(sqlite::sql.operators)) {
        const auto plan = planner.plan_of(statement);
        CAPTURE(statement.name);
        CAPTURE(plan);
        CHECK_FALSE(contains(plan, "SCAN jobs\n"));
        CHECK_FALSE(contains(plan, "SCAN job_"));
        CHECK_FALSE(contains(plan, "INDEX sqlite_autoindex_jobs_1\n"));
        // The groups are of as many rows as are counted.
        const bool is_sorted = contains(plan, "TEMP B-TREE");
        CHECK(is_sorted == contains(plan, "TEMP B-TREE FOR GROUP BY"));
        CHECK_FALSE(contains(plan, "FOR ORDER BY"));
    }
}

TEST_CASE("each query of operators uses the index made for it") {
    SqlitePlanner planner;
    const OperatorStatements& sql = sqlite::sql.operators;
    const std::pair<Sql, const char*> expected[] = {
        {sql.count_pending, "SCAN jobs USING COVERING INDEX jobs_due"},
        {sql.count_failed, "SCAN jobs USING INDEX jobs_failed"},
        {sql.count_cancelled, "SCAN jobs USING INDEX jobs_cancelled"},
        {sql.count_finished, "INDEX jobs_finished (type=? AND expires_at>?)"},
        {sql.next_queue, "COVERING INDEX jobs_due (queue>?)"},
        {sql.processing, "COVERING INDEX jobs_lease (lease_expires_at>?)"},
        {sql.first_due, "INDEX jobs_due (queue=? AND run_at>? AND run_at<?)"},
        {sql.count_later, "INDEX jobs_due (queue=? AND run_at>? AND run_at<?)"},
        {sql.count_later, "SEARCH job_waiting USING PRIMARY KEY (job>? AND job<?)"},
        {sql.processing_ids, "INDEX jobs_lease (lease_expires_at>?)"},
        {sql.parents, "INDEX job_dependencies_of (child=?)"},
        {sql.children, "PRIMARY KEY (parent>? AND parent<?)"},
        {sql.open_parents, "INDEX job_dependencies_of (child=?)"},
        {sql.count_before, "INDEX jobs_due (queue=? AND (run_at,id)<(?,?))"},
        {sql.count_before_in_bucket,
         "INDEX job_waiting_in_bucket (bucket=? AND (queued_at,job)<(?,?))"},
        {sql.holders, "SEARCH job_slots USING PRIMARY KEY (bucket=?)"},
        {sql.next_start, "SEARCH job_buckets USING PRIMARY KEY (bucket=?)"},
        {sql.fleet.workers, "INDEX sqlite_autoindex_job_workers_1 (worker>?)"},
        {sql.fleet.worker_run, "INDEX sqlite_autoindex_job_workers_1 (worker=?)"},
        {sql.fleet.tallies,
         "INDEX sqlite_autoindex_job_tallies_1"
         " (period=? AND (start,queue,type,outcome,error_code)>(?,?,?,?,?) AND start<?)"},
        {sql.fleet.forget_tallies, "INDEX sqlite_autoindex_job_tallies_1 (period=? AND start<?)"},
        {sql.fleet.audit_entries, "INDEX sqlite_autoindex_job_audit_1 (id<?)"},
        {sql.fleet.forget_audit_entries, "INDEX sqlite_autoindex_job_audit_1 (id<?)"}};
    for (const auto& one : expected) {
        const auto plan = planner.plan_of(one.first);
        CAPTURE(one.first.name);
        CAPTURE(plan);
        CHECK(contains(plan, one.second));
    }
}

TEST_CASE("each part of a search is read from an index in its order") {
    SqlitePlanner planner;
    const PageWords words{.unindexed = "+"};
    for (const JobSearch& search : soci_test::searches())
        for (const SearchPart& part : soci_test::parts_of(search))
            for (const PageStatement& statement :
                 {search_statement(part, words, 50), end_of_looks(part, words, 20'000),
                  count_of_looks(part, words, 20'000)}) {
                const auto plan = planner.plan_of(statement);
                CAPTURE(statement.text);
                CAPTURE(plan);
                CHECK_FALSE(contains(plan, "SCAN jobs\n"));
                CHECK_FALSE(contains(plan, "TEMP B-TREE"));
                constexpr std::array<const char*, 5> indexes = {
                    "INDEX sqlite_autoindex_jobs_1", "INDEX jobs_owner (owner=?", "INDEX jobs_",
                    "INDEX jobs_idempotency_key", "INDEX jobs_due (queue=?"};
                CHECK(contains(plan, indexes[static_cast<std::size_t>(index_of(search))]));
            }
}

} // namespace
