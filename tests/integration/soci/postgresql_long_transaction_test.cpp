#include "databases/postgresql_server.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;
using namespace std::chrono_literals;

constexpr std::size_t job_count = 4000, batch = 50, rounds = job_count / batch;

/// The rows read if each round began with the first row ever inserted.
constexpr std::size_t of_all_before_each = batch * rounds * (rounds + 1) / 2;

/// Claims, completes and purges jobs, a batch a round, while another client's transaction keeps the
/// server from cleaning up. Each round takes two seconds, so that leases and retention end.
void work_off(const PostgresqlSchema& schema, Postgresql& reader) {
    Timestamp now{24h};
    const auto store = open_store(schema.url_to_end(), {.clock = [&] { return now; }});
    std::vector<NewJob> jobs;
    for (std::size_t i = 0; i < job_count; ++i) {
        jobs.push_back(new_job(i));
        jobs.back().run_at = Timestamp{std::chrono::seconds{i + 1}};
        jobs.back().retention = 1s;
    }
    store->submit(jobs);
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jobs");
    const std::vector<std::string> queues = {"default"};
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto claimed =
            store->claim({.worker = "w", .queues = queues, .limit = batch, .lease_for = 1s})
                .claimed;
        REQUIRE(claimed.size() == batch);
        std::vector<Settlement> settlements;
        for (const auto& job : claimed) settlements.push_back(Settlement::completed(job.lease, {}));
        store->settle(settlements);
        now += 2s;
        CHECK(store->rescue(batch, 3).empty());
        CHECK(store->purge(batch) == batch);
    }
}

TEST_CASE("under another session's long transaction no call scans removed rows" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    auto reader = schema.connect();
    work_off(schema, reader);

    // A session reports what it read when it ends.
    auto other = schema.connect();
    while (other.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                       schema.name() + "'") != "0") {
    }
    for (const std::string index : {"jobs_due", "jobs_lease", "jobs_finished"}) {
        CAPTURE(index);
        const auto read =
            std::stoul(other.value("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE"
                                   " indexrelname = '" +
                                   index + "' AND schemaname = '" + schema.name() + "'"));
        CHECK(read > 0);
        CHECK(read < of_all_before_each / 2);
    }
}

} // namespace
