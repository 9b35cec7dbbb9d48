#include "sqlite_statements.hpp"
#include "statements.hpp"

#include "databases/contains.hpp"
#include "databases/sqlite_file.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

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

    std::string plan_of(std::string_view sql) {
        std::string plan;
        for (const auto& step : database.column("EXPLAIN QUERY PLAN " + std::string(sql), 3))
            plan += step + "\n";
        return plan;
    }
};

TEST_CASE("no statement scans the table or sorts") {
    SqlitePlanner planner;
    const Sql all[] = {statements::next_due_in,
                       statements::held,
                       statements::expired_lease,
                       statements::next_type,
                       statements::expired_job,
                       statements::cancel_pending,
                       statements::request_cancel,
                       statements::remove,
                       statements::count_waiting,
                       statements::count_processing,
                       statements::latest_runs,
                       statements::paused,
                       sqlite::insert,
                       statements::created_at,
                       statements::key_holder,
                       sqlite::complete,
                       sqlite::fail,
                       sqlite::cancel,
                       sqlite::put_back,
                       sqlite::claim,
                       sqlite::extend,
                       sqlite::extend_with_progress,
                       sqlite::rescue,
                       sqlite::purge,
                       sqlite::find,
                       sqlite::lock,
                       sqlite::restart,
                       statements::set_paused,
                       statements::cancel_processing,
                       sqlite::over_rows.check,
                       sqlite::advance,
                       sqlite::over_rows.any_finished,
                       statements::to_advance,
                       sqlite::over_rows.find_finished,
                       sqlite::over_rows.mark,
                       sqlite::over_rows.block,
                       sqlite::over_rows.lock,
                       sqlite::over_rows.tell,
                       sqlite::over_rows.remove,
                       sqlite::over_rows.count_down,
                       sqlite::over_rows.stopped,
                       sqlite::over_rows.stop,
                       sqlite::over_rows.disconnect,
                       sqlite::over_rows.steps,
                       sqlite::over_rows.forget_steps,
                       statements::add_step,
                       statements::count_step,
                       sqlite::limits.look,
                       sqlite::limits.to_call,
                       sqlite::limits.lines,
                       sqlite::limits.any_waiting,
                       sqlite::limits.stop_waiting,
                       sqlite::limits.leave,
                       sqlite::limits.take,
                       sqlite::limits.waits,
                       sqlite::limits.move,
                       sqlite::limits.wait,
                       sqlite::limits.queue_at,
                       sqlite::find_due};
    for (const Sql& statement : all) {
        const auto plan = planner.plan_of(statement.text);
        CAPTURE(statement.text);
        CAPTURE(plan);
        CHECK_FALSE(contains(plan, "SCAN jobs\n"));
        CHECK_FALSE(contains(plan, "INDEX sqlite_autoindex_jobs_1\n"));
        CHECK_FALSE(contains(plan, "SCAN job_"));
        CHECK_FALSE(contains(plan, "TEMP B-TREE"));
    }
}

TEST_CASE("each query uses the index made for it") {
    SqlitePlanner planner;
    CHECK(contains(planner.plan_of(sqlite::claim.text),
                   "SEARCH jobs USING COVERING INDEX jobs_due (queue=? AND run_at<?)"));
    CHECK(contains(planner.plan_of(statements::next_due_in.text),
                   "COVERING INDEX jobs_due (queue=?)"));
    CHECK(contains(planner.plan_of(statements::count_waiting.text),
                   "COVERING INDEX jobs_due (queue=? AND run_at>? AND run_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::rescue.text),
                   "INDEX jobs_lease (lease_expires_at>? AND lease_expires_at<?)"));
    CHECK(
        contains(planner.plan_of(statements::held.text), "INDEX jobs_lease (lease_expires_at>?)"));
    CHECK(
        contains(planner.plan_of(statements::count_processing.text), "COVERING INDEX jobs_lease"));
    CHECK(contains(planner.plan_of(sqlite::purge.text),
                   "INDEX jobs_finished (type=? AND expires_at>? AND expires_at<?)"));
    CHECK(contains(planner.plan_of(statements::latest_runs.text),
                   "INDEX jobs_finished (type=? AND expires_at>? AND expires_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::advance.text),
                   "SEARCH jobs USING INDEX jobs_to_advance (run_at>? AND run_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::limits.to_call.text),
                   "INDEX job_waiting_in_line (line=?"));
    const auto due_lines = planner.plan_of(statements::due_lines.text);
    CHECK(contains(due_lines, "INDEX job_lines_due (due_at<?)"));
    CHECK(contains(due_lines, "INDEX job_lines_updated (updated_at>?)"));
    CHECK(contains(planner.plan_of(statements::next_lines.text),
                   "INDEX job_lines_due (due_at>? AND due_at<?)"));
    CHECK(contains(planner.plan_of(sqlite::over_rows.any_finished.text), "INDEX jobs_to_unblock"));
    CHECK(contains(planner.plan_of(statements::to_advance.text),
                   "INDEX jobs_to_advance (run_at>? AND run_at<?)"));
    CHECK(contains(planner.plan_of(statements::key_holder.text),
                   "INDEX jobs_unique_key (unique_key=?)"));
    CHECK(contains(planner.plan_of(statements::first_of_key.text),
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
                CAPTURE(list_statement(query, {.unindexed = "+"}));
                CHECK_FALSE(contains(plan(query), "TEMP B-TREE"));
            }
}

} // namespace
