#include "databases/store_calls.hpp"
#include "mysql_cases.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

namespace {

using namespace asyncjobs;
using namespace soci_test;
using namespace std::chrono_literals;

/// Tables under another client's snapshot, so that the server keeps the entries of removed rows.
class Haunted {
public:
    explicit Haunted(const Need& needed) : tables_(needed) {
        reader_.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        reader_.run("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    }

    JobStore& store() { return *store_; }

    /// Runs `count` jobs in each of two queues, 2,000 a second, the last of them now.
    void add_dead(int count) {
        server_.run(fmt::format(
            "INSERT INTO jobs (id, type, queue, owner, status, priority, max_attempts, timeout,"
            " retention, created_at, updated_at, run_at, input)"
            " SELECT CONCAT('dead', LPAD(seq, 21, '0'), name), 'noop', name, '', 'pending', 1, 5, "
            "0,"
            " 0, 1, 1, {0} - 500 * CAST(seq AS SIGNED), '{{}}' FROM (SELECT 1 + a.d + 10 * b.d"
            "  + 100 * c.d + 1000 * d.d + 10000 * e.d AS seq"
            "  FROM {1} AS a, {1} AS b, {1} AS c, {1} AS d, {1} AS e) AS numbers,"
            " (SELECT 'default' AS name UNION SELECT 'other') AS queues WHERE seq <= {2}",
            now_,
            "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION"
            " SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)",
            count));
        for (const char* change :
             {"not_before = run_at, run_at = run_at - 60000000, updated_at = 2",
              "status = 'processing', worker = 'w', lease_expires_at = run_at + 90000000",
              "status = 'completed', lease_expires_at = NULL, dependents = 1,"
              " expires_at = run_at + 60000000",
              "dependents = 2"})
            server_.run(fmt::format("UPDATE jobs SET {} WHERE id LIKE 'dead%'", change));
        server_.run("INSERT INTO job_tombstones SELECT id, owner, expires_at FROM jobs");
        server_.run("DELETE FROM job_tombstones");
        server_.run("DELETE FROM jobs WHERE id LIKE 'dead%'");
    }

    /// How many pages the server reads for a call. More than `most` may be due to other sessions,
    /// since the server counts for all sessions, and reads several pages for a dead entry while an
    /// older transaction has changed anything. So it is measured again, for a while.
    long pages_of(const std::function<void()>& call, long most) {
        long least = std::numeric_limits<long>::max();
        do {
            const long before = pages_read();
            call();
            least = std::min(least, pages_read() - before);
        } while (least > most && std::chrono::steady_clock::now() < given_up_at_);
        return least;
    }

private:
    long pages_read() {
        return std::stol(
            server_.rows("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_read_requests'", 2)
                .at(0)
                .at(1));
    }

    MysqlTables tables_;
    std::unique_ptr<JobStore> store_ = open_store(tables_.url());
    Mysql server_ = tables_.connect(), reader_ = tables_.connect();
    const std::chrono::steady_clock::time_point given_up_at_ =
        std::chrono::steady_clock::now() + 2min;
    const std::string now_ = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";
};

MYSQL_CASE("dead entries", "no recurring call reads a page for each removed job") {
    Haunted haunted(needed);
    JobStore& store = haunted.store();
    std::uint64_t submitted = 0;
    const std::pair<std::string, std::function<void()>> calls[] = {
        {"claim", [&] { claim(store, 10); }},
        {"work",
         [&] {
             submit(store, new_job(++submitted));
             store.settle(std::vector{Settlement::completed(claim(store, 1).at(0).lease, {})});
         }},
        {"rescue", [&] { store.rescue(100, 3); }},
        {"purge", [&] { store.purge(100); }},
        {"promote", [&] { store.promote(100); }},
        {"workload", [&] { store.workload("default", "noop"); }},
        {"leases_of", [&] { store.leases_of("w"); }}};
    for (const int count : {2'000, 20'000}) {
        haunted.add_dead(count);
        for (const auto& [name, call] : calls) call(); // scans the dead entries once
        for (const auto& one : calls) {
            CAPTURE(count);
            CAPTURE(one.first);
            // Twice as many were removed, and a call that locks what it reads would take two pages
            // for each.
            const long most = 150 + count;
            CHECK(haunted.pages_of(one.second, most) <= most);
        }
    }
}

} // namespace
