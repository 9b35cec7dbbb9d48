#include "databases/postgresql_server.hpp"
#include "databases/store_calls.hpp"
#include "tcp_proxy.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <map>

namespace {

using namespace asyncjobs;
using namespace soci_test;
using namespace std::chrono_literals;

/// Jobs of other owners, of each status, with rows of limits and edges: far more than the calls
/// below read.
constexpr const char* foreign_rows = R"sql(
INSERT INTO jobs (id, type, queue, owner, status, max_attempts, timeout, retention, created_at,
                  updated_at, run_at, fence, worker, lease_expires_at, expires_at, input)
SELECT 'foreign-' || to_char(n, 'FM0000000000'), 'foreign', 'foreign', '', status, 5, 0, 1000, n, n,
       4000000000000000, 1, 'w', CASE WHEN status = 'processing' THEN 4000000000000000 END,
       CASE WHEN status = 'completed' THEN 4000000000000000 END, '{}'
  FROM generate_series(1, 200000) AS n,
       LATERAL (SELECT CASE WHEN n % 1000 = 0 THEN 'processing' WHEN n % 2 = 0 THEN 'pending'
                       ELSE 'completed' END AS status) AS states;
INSERT INTO job_dependencies (parent, child, is_open)
SELECT 'foreign-' || to_char(n, 'FM0000000000'), 'foreign-' || to_char(n + 1, 'FM0000000000'), 1
  FROM generate_series(1, 200000) AS n;
INSERT INTO job_waiting (job, bucket, queue, queued_at, job_revision, job_created_at, reported)
SELECT 'foreign-' || to_char(n, 'FM0000000000'), 'foreign', 'foreign', n, 1, n, ''
  FROM generate_series(1, 200000) AS n;
INSERT INTO job_steps (job, name, number, result)
SELECT 'foreign-' || to_char(n, 'FM0000000000'), 'foreign', 1, '1'
  FROM generate_series(1, 200000) AS n;
INSERT INTO job_tombstones (id, owner, expires_at)
SELECT 'gone-' || to_char(n, 'FM0000000000'), 'o', 4000000000000000
  FROM generate_series(1, 200000) AS n;
)sql";

std::vector<Settlement> all_completed(const std::vector<ClaimedJob>& jobs) {
    std::vector<Settlement> settlements;
    for (const auto& job : jobs)
        settlements.push_back(Settlement::completed(job.lease, JsonText()));
    return settlements;
}

NewJob noop(std::string queue = "default") {
    NewJob job;
    job.type = "noop";
    job.queue = std::move(queue);
    return job;
}

/// Makes each call of the store, except those that read the jobs of a worker or all limits.
void make_all_calls(JobStore& store) {
    Client client(store);
    const auto chain = client.submit_chain({noop(), noop("later"), noop("later")});
    const auto batch = client.submit_batch({noop(), noop(), noop()}, noop("later"));
    auto keyed = noop("later");
    keyed.unique_key = keyed.idempotency_key = "key";
    const auto first = client.submit(keyed).id;
    client.submit(keyed);
    store.list({.needed_by = batch});
    store.list({.status = JobStatus::pending, .needed_by = chain[1].id});

    const auto claimed = claim(store, 4);
    std::vector<LeaseRef> leases;
    std::vector<Heartbeat> heartbeats;
    for (const auto& job : claimed) {
        leases.push_back(job.lease);
        heartbeats.push_back({.lease = job.lease,
                              .progress = Progress{1, "x"},
                              .step = Step{"one", JsonText::parse("1")}});
    }
    store.check_leases(leases);
    store.renew(heartbeats, 1min);
    client.find(claimed.at(0).lease.id);
    store.settle(all_completed(claimed));
    while (!store.promote(100).empty()) {
    }
    client.cancel(chain[1].id);
    store.retry(chain[1].id);
    client.cancel(first);
    store.remove(first);
    client.find(batch);
    store.tombstone_owner(first);

    store.set_limit({.name = "limit", .queue = "default", .concurrency = 1});
    client.submit({noop(), noop(), noop()});
    for (int i = 0; i < 3; ++i) store.settle(all_completed(claim(store, 3)));
    store.set_limit({.name = "limit"});
    store.settle(all_completed(claim(store, 3)));
    store.set_paused("default", true);
    claim(store, 3);
    store.set_paused("default", false);
    store.rescue(100, 3);
    store.purge(100);
    store.workload("default", "noop");
}

TEST_CASE("on PostgreSQL no call reads other jobs, even with plans made for an empty table" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    auto other = schema.connect();
    const auto wait_for_ends = [&] { // a session reports what it read when it ends
        while (other.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                           schema.name() + "'") != "0") {
        }
    };
    /// By index, or by table if it was scanned as a whole.
    const auto rows_read = [&] {
        std::map<std::string, long> read;
        const auto rows = other.column(
            "SELECT relname || ' ' || coalesce(seq_tup_read, 0) FROM pg_stat_user_tables"
            " WHERE schemaname = '" +
            schema.name() +
            "' UNION ALL"
            " SELECT indexrelname || ' ' || idx_tup_read FROM pg_stat_user_indexes"
            " WHERE schemaname = '" +
            schema.name() + "'");
        for (const auto& row : rows)
            read[row.substr(0, row.find(' '))] = std::stol(row.substr(row.find(' ')));
        return read;
    };
    std::map<std::string, long> before;
    {
        const auto store =
            open_store(schema.url_to_end() + "&listen=off", {.readers = 1, .writers = 1});
        for (const char* table :
             {"jobs", "job_dependencies", "job_waiting", "job_tombstones", "job_steps"})
            other.run(std::string("ALTER TABLE ") + table + " SET (autovacuum_enabled = off)");
        // Often enough for the server to cache the plans.
        for (int i = 0; i < 8; ++i) make_all_calls(*store);
        other.run(foreign_rows);
        before = rows_read();
        make_all_calls(*store);
        make_all_calls(*store);
    }
    wait_for_ends();
    // Including the earlier calls. A scan of one of the tables would be 200,000.
    for (const auto& index : rows_read()) {
        CAPTURE(index.first);
        CHECK(index.second - before[index.first] < 50'000);
    }
    CHECK(rows_read()["jobs_pkey"] > before["jobs_pkey"]);
}

TEST_CASE("a chain is submitted, and cancelled, in a few round trips on PostgreSQL" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    TcpProxy proxy(port_in(schema.url()));
    const auto store =
        open_store(through(proxy, schema.url()) + "&listen=off", {.readers = 1, .writers = 1});
    std::vector<NewJob> chain;
    for (std::uint64_t i = 0; i < 190; ++i) {
        chain.push_back(new_job(i));
        if (i > 0) chain.back().after = {new_job(i - 1).id};
    }
    submit(*store, new_job(1000));    // so that the session is one for writing
    constexpr std::size_t writer = 0; // the store's first connection
    auto before = proxy.requests(writer);
    store->submit(chain);
    CHECK(proxy.requests(writer) - before <= 5);
    store->cancel(chain.front().id, {});
    before = proxy.requests(writer);
    CHECK(store->promote(200).size() == chain.size() - 1);
    CHECK(proxy.requests(writer) - before < 30);
    CHECK(find(*store, chain.back().id)->status == JobStatus::cancelled);
}

} // namespace
