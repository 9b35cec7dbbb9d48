#include "mysql/dialect.hpp"
#include "mysql/statements.hpp"
#include "mysql_cases.hpp"
#include "statements/page_statements.hpp"
#include "statements/statements.hpp"

#include "databases/contains.hpp"
#include "databases/searches.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::contains;
using soci_test::Mysql;
using soci_test::MysqlTables;

/// One step of a plan: a table, and how the server reads it.
struct PlanStep {
    std::string table, access, index, extra;
};

/// Tables with many jobs of each status, and the server's plans for them.
class MysqlPlanner {
public:
    explicit MysqlPlanner(const Need& needed) : tables_(needed) { open_store(tables_.url()); }

    /// Makes the indexes keep the entries of removed rows, which statistics do not count.
    void keep_removed_rows() {
        reader_.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        reader_.run("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    }

    /// Makes `count` jobs of each status.
    void set_jobs(int count) {
        server_.run("DELETE FROM jobs");
        server_.run("DELETE FROM job_tombstones");
        for (const char* status : {"pending", "processing", "completed", "failed", "cancelled"})
            add_jobs(status, count);
        server_.run("INSERT INTO job_tombstones SELECT id, owner, expires_at FROM jobs"
                    " WHERE expires_at IS NOT NULL");
        server_.run("ANALYZE TABLE jobs, job_tombstones");
    }

    /// For limits: half of the pending jobs in two buckets; buckets of which a hundredth is due.
    void add_waiting() {
        server_.run(
            "INSERT INTO job_waiting"
            " (job, bucket, queue, queued_at, job_revision, job_created_at, reported)"
            " SELECT id, IF(queue = 'q1', 'limit=a', 'limit=b'), queue, run_at, revision,"
            "  created_at, '' FROM jobs WHERE status = 'pending' AND queue IN ('q1', 'q2')");
        server_.run("INSERT INTO job_buckets (bucket, next_at, due_at, updated_at)"
                    " SELECT id, 0, IF(owner = 'owner7', 17, 19) * 100000000000000, 0 FROM jobs"
                    " WHERE status = 'pending' AND queue IN ('q1', 'q3')");
        server_.run("INSERT INTO job_slots (bucket, job, fence) SELECT 'limit=a', id, 1 FROM jobs"
                    " WHERE status = 'processing' AND queue = 'q1' LIMIT 1000");
        server_.run("ANALYZE TABLE job_waiting, job_buckets, job_slots");
    }

    /// Replaces each parameter by an example.
    std::vector<PlanStep> plan_of(std::string sql) {
        sql = with_examples(std::move(sql));
        // MySQL's plan also has the columns partitions and filtered.
        const bool is_wide = !is_mariadb_;
        const auto rows = server_.rows("EXPLAIN FORMAT=TRADITIONAL " + sql, is_wide ? 12 : 10);
        std::vector<PlanStep> plan;
        for (const auto& row : rows)
            if (row[1] != "INSERT") // a step of MySQL that only writes
                plan.push_back(is_wide ? PlanStep{row[2], row[4], row[6], row[11]}
                                       : PlanStep{row[2], row[3], row[5], row[9]});
        return plan;
    }

    std::vector<PlanStep> plan_of(const PageStatement& page) {
        return plan_of(Sql{"page", page.text});
    }
    std::vector<PlanStep> plan_of(const Sql& sql) {
        return plan_of(compose(sql, mysql::fragments));
    }

    /// How many rows the server reads for a statement.
    std::int64_t reads_of(const std::string& sql) {
        const auto before = reads();
        server_.rows(with_examples(sql), 1);
        return reads() - before;
    }

private:
    static constexpr std::string_view an_id = "job-20240101-000000000000000000007compl";
    static inline const std::map<std::string, std::string, std::greater<>> examples = {
        {":ids", fmt::format("'[[\"{}\"]]'", an_id)},
        {":keys", "'[[\"k7pending\"]]'"},
        {":unique_key", "'k7pending'"},
        {":rows", fmt::format("'[[\"{}\",\"0\",0,\"0\",\"0\",0,0,0,0,0,0,\"0\",\"0\"]]'", an_id)},
        {":id", fmt::format("'{}'", an_id)},
        {":queues", "'[[\"q1\"],[\"q2\"]]'"},
        {":bucket", "'limit=a'"},
        {":dependents", "1"},
        {":before", fmt::format("'{}'", an_id)},
        {":queue", "'q1'"},
        {":type", "'common'"},
        {":owner", "'owner7'"},
        {":after", "'a'"},
        {":worker", "'worker7'"},
        {":now", "1800000000000000"},
        {":watermark", "5"},
        {":until", "1800000000000000"},
        {":from", "5"},
        {":to", "1800000000000000"},
        {":slots", "due_slot IN (6484985,6484986,6484987)"},
        {":some", "20"},
        {":last", fmt::format("'{}'", an_id)},
        {":by", "1000000"},
        {":these", fmt::format("'{}'", an_id)},
        {":fence", "1"},
        {":becomes", "'completed'"},
        {":percent", "50"},
        {":message", "'x'"},
        {":result", "'x'"},
        {":entry", "'x'"},
        {":delay", "0"},
        {":refund", "0"},
        {":lease_for", "30000000"},
        {":lease_expires_at", "1800000000000000"},
        {":ahead", "1"},
        {":started", "0"},
        {":crash_limit", "3"},
        {":piece", "'x'"},
        {":used", "1"},
        {":name", "'x'"},
        {":reason", "'x'"},
        {":step", "60000000"},
        {":never", "253402300799999999"},
        {":status", "'failed'"},
        {":error", "'{}'"},
        {":most", "10001"},
        {":looks", "20000"},
        {":since", "'job-2020'"},
        {":after_at", "1700000000000005"},
        {":until_at", "1800000000000000"},
        {":queued_at", "1800000000000000"},
        {":run_at", "1700000000050000"},
        {":length", "8"},
        {":begin", "'{\"code\":'"},
        {":paused", "1"},
        {":count_limit", "1000"},
        {":host", "'x'"},
        {":process", "1"},
        {":version", "'x'"},
        {":started_at", "5"},
        {":state", "'quiet'"},
        {":concurrency", "4"},
        {":running", "1"},
        {":types", "'[]'"},
        {":next_within", "5000000"},
        {":run", "1"},
        {":number", "1"},
        {":order_number", "1"},
        {":order_expires_at", "5"},
        {":quiet", "1"},
        {":expires_at", "5"},
        {":start", "5"},
        {":period", "'day'"},
        {":outcome", "'failed'"},
        {":error_code", "'E1'"},
        {":who", "'x'"},
        {":origin", "'x'"},
        {":action", "'x'"},
        {":target", "'x'"},
        {":n", "10"}};

    static std::string with_examples(std::string sql) {
        for (const auto& [name, value] : examples)
            for (auto at = sql.find(name); at != sql.npos; at = sql.find(name, at))
                sql.replace(at, name.size(), value);
        return sql;
    }

    std::int64_t reads() {
        std::int64_t count = 0;
        for (const auto& row : server_.rows("SHOW SESSION STATUS LIKE 'Handler_read%'", 2))
            count += std::stoll(row[1]);
        return count;
    }

    void add_jobs(const std::string& status, int count) {
        const auto if_status = [&](std::string_view which, std::string_view value) {
            return fmt::format("IF('{}' IN ({}), {}, NULL)", status, which, value);
        };
        server_.run(fmt::format(
            "INSERT INTO jobs (id, type, queue, owner, status, priority, max_attempts, unique_key,"
            " timeout, retention, created_at, updated_at, run_at, started_at, completed_at, "
            "failed_at,"
            " cancelled_at, lease_expires_at, expires_at, worker, input)"
            " SELECT CONCAT('job-20240101-', LPAD(seq, 21, '0'), LEFT('{0}', 5)),"
            " IF(seq % 10, 'common', 'rare'), CONCAT('q', seq % 4), CONCAT('owner', seq % 100),"
            " '{0}', seq % 2, 5, CONCAT('k', seq, '{0}'), 0, 0, seq, seq, 1700000000000000 + seq, "
            "seq,"
            " {1}, {2}, {3}, {4}, {5}, CONCAT('worker', seq % 50), '{{}}'"
            " FROM (SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d AS seq"
            "  FROM {6} AS a, {6} AS b, {6} AS c, {6} AS d, {6} AS e) AS numbers WHERE seq <= {7}",
            status, if_status("'completed'", "seq"), if_status("'failed'", "seq"),
            if_status("'cancelled'", "seq"), if_status("'processing'", "1700000000000000 + seq"),
            if_status("'completed', 'failed', 'cancelled'", "1700000000000000 + seq"),
            "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION"
            " SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)",
            count));
    }

    MysqlTables tables_;
    Mysql server_ = tables_.connect(), reader_ = tables_.connect();
    const bool is_mariadb_ = server_.value("SELECT VERSION()").find("MariaDB") != std::string::npos;
};

/// The name of an index of jobs without the prefix of the tables.
std::string without_prefix(const std::string& index) {
    const auto begin = index.find("jobs_");
    return begin == index.npos ? index : index.substr(begin);
}

bool reads_jobs_whole_or_sorts(const PlanStep& step) {
    const auto is_of = [&](std::string_view name) {
        return step.table.find(name) != step.table.npos;
    };
    const bool is_ours = is_of("jobs") || is_of("job_waiting") || is_of("job_buckets") ||
                         is_of("job_slots") || is_of("job_tallies") || is_of("job_audit");
    return (is_ours && (step.access == "ALL" || step.access == "index")) ||
           step.extra.find("filesort") != step.extra.npos;
}

bool reads_range(const PlanStep& step) {
    return step.access == "range" && step.index.find("PRIMARY") == step.index.npos;
}

/// A plan for one of these that reads less than the whole range of an index scans all removed rows.
constexpr Sql by_times[] = {mysql::sql.next_due_in,
                            mysql::sql.find_due,
                            mysql::sql.count_due,
                            mysql::sql.find_limited,
                            mysql::sql.store.count_waiting,
                            mysql::sql.find_expired,
                            mysql::sql.store.expired_lease,
                            mysql::sql.store.count_processing,
                            mysql::sql.store.leases_of,
                            mysql::sql.store.expired_job,
                            mysql::sql.store.latest_runs,
                            mysql::sql.find_to_purge,
                            mysql::sql.store.to_advance,
                            mysql::sql.find_to_advance,
                            mysql::sql.store.past_tombstone,
                            mysql::sql.store.forget_tombstones,
                            mysql::sql.operators.first_due,
                            mysql::sql.operators.count_later,
                            mysql::sql.operators.count_before,
                            mysql::sql.operators.processing_ids};

std::string show(const std::vector<PlanStep>& plan) {
    std::string out;
    for (const auto& [table, access, index, extra] : plan)
        out += fmt::format("{}: {} {} ({})\n", table, access, index, extra);
    return out;
}

void check_job_statements(MysqlPlanner& planner) {
    const Sql all[] = {mysql::sql.next_due_in,
                       mysql::sql.store.leases_of,
                       mysql::sql.store.expired_lease,
                       mysql::sql.store.next_type,
                       mysql::sql.store.expired_job,
                       shared::sql.key_holder,
                       mysql::sql.store.count_waiting,
                       mysql::sql.store.count_processing,
                       mysql::sql.store.latest_runs,
                       shared::sql.paused,
                       mysql::sql.insert,
                       mysql::sql.append_to_input,
                       mysql::sql.taken_ids,
                       mysql::sql.key_holders,
                       mysql::sql.lock_settled,
                       mysql::sql.settle,
                       mysql::sql.find_due,
                       mysql::sql.count_due,
                       mysql::sql.find_limited,
                       mysql::sql.lock_held,
                       mysql::sql.rescue,
                       mysql::sql.take,
                       mysql::sql.extend,
                       mysql::sql.store.find,
                       mysql::sql.find_expired,
                       mysql::sql.find_to_purge,
                       mysql::sql.store.set_paused,
                       mysql::sql.rows.check,
                       mysql::sql.rows.any_finished,
                       mysql::sql.store.to_advance,
                       mysql::sql.find_to_advance,
                       mysql::sql.advance,
                       mysql::sql.rows.find_finished,
                       mysql::sql.rows.mark,
                       mysql::sql.rows.block,
                       mysql::sql.rows.notify_children,
                       mysql::sql.rows.close,
                       mysql::sql.rows.lock_to_change,
                       mysql::sql.rows.held_keys,
                       mysql::sql.rows.cancel,
                       mysql::sql.rows.request_cancel,
                       mysql::sql.rows.restart,
                       mysql::sql.rows.run_now,
                       mysql::sql.rows.remove,
                       mysql::sql.rows.count_down,
                       mysql::sql.rows.stopped,
                       mysql::sql.rows.stop,
                       mysql::sql.rows.disconnect,
                       mysql::sql.rows.steps,
                       mysql::sql.rows.forget_steps,
                       mysql::sql.store.add_step,
                       mysql::sql.append_to_step,
                       mysql::sql.store.count_step,
                       mysql::sql.limits.look,
                       mysql::sql.limits.buckets,
                       mysql::sql.limits.any_waiting,
                       mysql::sql.limits.to_admit,
                       mysql::sql.limits.wait,
                       mysql::sql.limits.waits,
                       mysql::sql.limits.move,
                       mysql::sql.limits.stop_waiting,
                       mysql::sql.limits.leave,
                       mysql::sql.limits.queue_at,
                       shared::sql.due_buckets,
                       shared::sql.next_buckets,
                       shared::sql.last_of_waiting,
                       shared::sql.last_of_piece,
                       shared::sql.look_at_piece,
                       shared::sql.move_all_back,
                       shared::sql.end_waits,
                       mysql::sql.to_take,
                       mysql::sql.rows.lock};
    for (const Sql& statement : all) {
        const auto plan = planner.plan_of(statement);
        CAPTURE(statement.name);
        CAPTURE(show(plan));
        CHECK(std::ranges::none_of(plan, reads_jobs_whole_or_sorts));
    }

    const auto index_of = [&](const Sql& statement) {
        std::string index = "none"; // used to find jobs, after the one used to lock them
        for (const PlanStep& step : planner.plan_of(statement))
            if (step.table.ends_with("_jobs")) index = step.index;
        return without_prefix(index);
    };
    CHECK(index_of(mysql::sql.find_due) == "jobs_due");
    CHECK(index_of(mysql::sql.count_due) == "jobs_due");
    CHECK(index_of(mysql::sql.find_limited) == "jobs_due");
    CHECK(index_of(mysql::sql.next_due_in) == "jobs_due");
    CHECK(index_of(mysql::sql.store.count_waiting) == "jobs_due");
    CHECK(index_of(mysql::sql.store.count_processing) == "jobs_lease");
    CHECK(index_of(mysql::sql.find_expired) == "jobs_lease");
    CHECK(index_of(mysql::sql.store.leases_of) == "jobs_lease");
    CHECK(index_of(mysql::sql.find_to_purge) == "jobs_finished");
    CHECK(index_of(mysql::sql.store.expired_job) == "jobs_finished");
    CHECK(index_of(mysql::sql.store.latest_runs) == "jobs_finished");
    CHECK(index_of(mysql::sql.key_holders) == "jobs_unique_key");
    CHECK(index_of(shared::sql.key_holder) == "jobs_unique_key");
    CHECK(index_of(mysql::sql.firsts_of_keys) == "jobs_idempotency_key");
    CHECK(index_of(mysql::sql.rows.any_finished) == "jobs_to_unblock");
    CHECK(index_of(mysql::sql.rows.find_finished) == "jobs_to_unblock");
    CHECK(index_of(mysql::sql.find_to_advance) == "jobs_to_unblock");

    const auto index_of_limits = [&](const Sql& statement) {
        for (const PlanStep& step : planner.plan_of(statement))
            if (step.table.ends_with("_job_waiting") || step.table.ends_with("_job_buckets"))
                return step.index.substr(std::min(step.index.find("job_"), step.index.size()));
        return std::string("none");
    };
    CHECK(index_of_limits(mysql::sql.limits.to_admit) == "job_waiting_in_bucket");
    CHECK(index_of_limits(mysql::sql.limits.any_waiting) == "job_waiting_in_bucket");
    CHECK(index_of_limits(shared::sql.next_buckets) == "job_buckets_due");
    // Of a bucket with thousands of jobs, three rows a job: its wait, the job, the queue.
    std::string first_of_bucket = compose(mysql::sql.limits.to_admit, mysql::fragments);
    first_of_bucket.replace(first_of_bucket.find(":rows"), 5, ":queues");
    CHECK(planner.reads_of(first_of_bucket) < 100);
}

void check_lists(MysqlPlanner& planner) {
    const MysqlDialect dialect{MysqlOptions{}};
    for (const bool before : {false, true})
        for (const bool owner : {false, true})
            for (const auto status :
                 {std::optional<JobStatus>(), std::optional(JobStatus::pending),
                  std::optional(JobStatus::failed), std::optional(JobStatus::cancelled)})
                for (const bool queue : {false, true}) {
                    JobQuery query{.status = status};
                    if (owner) query.owner = "owner7";
                    if (queue) query.queue = "q1";
                    if (before) query.before = JobId();
                    const auto page =
                        list_statement(query, dialect.page_words(soci_adapter::index_of(query)));
                    const auto plan = planner.plan_of(page);
                    CAPTURE(page.text);
                    CAPTURE(show(plan));
                    REQUIRE(plan.size() == 1);
                    CHECK(plan[0].extra.find("filesort") == std::string::npos);
                    // Without a condition, a page is read from the end of the table.
                    const bool is_of_stopped =
                        status == JobStatus::failed || status == JobStatus::cancelled;
                    CHECK((plan[0].index == "PRIMARY") == !(owner || is_of_stopped));
                    CHECK(plan[0].access != "ALL");
                }
}

void check_operator_statements(MysqlPlanner& planner) {
    for (const Sql& statement : all_of(mysql::sql.operators)) {
        if (statement.text.empty()) continue;
        const auto plan = planner.plan_of(statement);
        CAPTURE(statement.name);
        CAPTURE(show(plan));
        // The groups are of as many rows as are counted.
        if (contains(std::string(statement.text), "GROUP BY")) continue;
        CHECK(std::ranges::none_of(plan, reads_jobs_whole_or_sorts));
    }
    // Past any number of finished jobs.
    CHECK(planner.reads_of(compose(mysql::sql.operators.next_queue, mysql::fragments)) < 5);
}

void check_searches(MysqlPlanner& planner) {
    const MysqlDialect dialect{MysqlOptions{}};
    for (const JobSearch& search : soci_test::searches())
        for (const SearchPart& part : soci_test::parts_of(search)) {
            const PageWords words = dialect.page_words(index_of(search));
            for (const PageStatement& statement :
                 {search_statement(part, words, 50), end_of_looks(part, words, 20'000),
                  count_of_looks(part, words, 20'000)}) {
                const auto plan = planner.plan_of(statement);
                CAPTURE(statement.text);
                CAPTURE(show(plan));
                const PlanStep& step = plan.back(); // after what is counted, if there is any
                CHECK(plan.size() == (statement.text.starts_with("SELECT count(*)") ? 2 : 1));
                CHECK(step.access != "ALL");
                CHECK(step.extra.find("filesort") == std::string::npos);
                CHECK(contains(std::string(words.jobs), without_prefix(step.index)));
            }
        }
}

// To make the jobs takes most of the time: one test asks for all plans.
MYSQL_CASE("query plan", "no statement scans the table or sorts, with thousands of jobs") {
    MysqlPlanner planner(needed);
    planner.set_jobs(20'000);
    planner.add_waiting();
    check_job_statements(planner);
    check_lists(planner);
    check_operator_statements(planner);
    check_searches(planner);
}

MYSQL_CASE("query plan",
           "searches for jobs by time use the whole range, however many rows were removed") {
    MysqlPlanner planner(needed);
    planner.keep_removed_rows();
    for (const int count : {20'000, 10}) {
        planner.set_jobs(count);
        for (const Sql& statement : by_times) {
            const auto plan = planner.plan_of(statement);
            CAPTURE(count);
            CAPTURE(statement.name);
            CAPTURE(show(plan));
            CHECK(std::ranges::any_of(plan, reads_range));
        }
    }
}

} // namespace
