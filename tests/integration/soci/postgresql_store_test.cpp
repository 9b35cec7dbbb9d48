#include "databases/forked_process.hpp"
#include "databases/postgresql_server.hpp"
#include "databases/store_calls.hpp"
#include "hanging_server.hpp"
#include "integration/private_server.hpp"
#include "postgresql/schema.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>

namespace {

using namespace asyncjobs;
using namespace soci_test;

struct Call {
    const char* name;
    std::function<void(JobStore&)> run;
};

/// Every member of JobStore, with arguments that make it read and write.
std::vector<Call> every_member() {
    static const std::vector<std::string> queues = {"default"};
    const auto id = new_job(1).id;
    return {
        {"submit", [](JobStore& store) { submit(store, new_job(99)); }},
        {"claim", [](JobStore& store) { claim(store, 1); }},
        {"settle",
         [id](JobStore& store) {
             const std::vector<Settlement> none = {Settlement::completed({id, 77}, {})};
             store.settle(none);
         }},
        {"renew",
         [id](JobStore& store) {
             const Heartbeat heartbeat{.lease = {id, 77}};
             store.renew({&heartbeat, 1}, std::chrono::seconds{1});
         }},
        {"leases_of", [](JobStore& store) { store.leases_of("w"); }},
        {"rescue", [](JobStore& store) { store.rescue(10, 3); }},
        {"purge", [](JobStore& store) { store.purge(10); }},
        {"find", [id](JobStore& store) { find(store, id); }},
        {"list", [](JobStore& store) { store.list({}); }},
        {"cancel", [id](JobStore& store) { store.cancel(id, {}); }},
        {"retry", [id](JobStore& store) { store.retry(id); }},
        {"remove", [id](JobStore& store) { store.remove(id); }},
        {"workload", [](JobStore& store) { store.workload("default", "noop"); }},
        {"set_paused", [](JobStore& store) { store.set_paused("other", true); }},
    };
}

constexpr const char* lock_all = "BEGIN; LOCK TABLE jobs, job_queues IN ACCESS EXCLUSIVE MODE";

/// Waits until a session of the schema's store waits for a lock; returns its process id. If the
/// call returns instead, the test fails with its error.
template <typename Result>
std::string waiting_session(std::future<Result>& call, Postgresql& other,
                            const PostgresqlSchema& schema, const std::string& but = "0") {
    for (;;) {
        const bool has_returned =
            call.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
        const auto found =
            other.column("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                         " AND application_name = '" +
                         schema.name() + "' AND pid <> " + but);
        if (!found.empty()) return found.front();
        if (!has_returned) continue;
        call.get();
        FAIL("the call has not waited for a lock");
    }
}

TEST_CASE("PostgreSQL sessions lost while idle are replaced without an error" * needs_postgresql) {
    const PostgresqlSchema schema;
    const auto store = open_store(schema.url_to_end());
    submit(*store, new_job(1));
    auto other = schema.connect();
    for (const Call& call : every_member()) {
        CAPTURE(call.name);
        call.run(*store);
        schema.end_sessions(other);
        CHECK(code_of([&] { call.run(*store); }) == std::error_code());
    }
}

TEST_CASE("a call whose PostgreSQL session is lost in the middle happens once" * needs_postgresql) {
    const PostgresqlSchema schema;
    const auto store = open_store(schema.url_to_end());
    submit(*store, new_job(1));
    auto blocker = schema.connect();
    auto other = schema.connect();
    for (const Call& call : every_member()) {
        CAPTURE(call.name);
        blocker.run(lock_all);
        auto ended = std::async(std::launch::async, [&] { call.run(*store); });
        const auto first = waiting_session(ended, other, schema);
        other.run("SELECT pg_terminate_backend(" + first + ")");
        waiting_session(ended, other, schema, first);
        blocker.run("ROLLBACK");
        CHECK_NOTHROW(ended.get());
    }
    CHECK(find(*store, new_job(99).id));
}

TEST_CASE(
    "a submit that waits for the removal of its id on PostgreSQL gets no fence of the removed job" *
    needs_postgresql) {
    for (const bool is_limited : {false, true}) {
        const PostgresqlSchema schema;
        const auto store = open_store(schema.url_to_end());
        submit(*store, new_job(1));
        const auto lease = claim(*store, 1).at(0).lease;
        const std::vector<Settlement> done = {Settlement::completed(lease, {})};
        store->settle(done);
        if (is_limited) store->set_limit({.name = "l", .queue = "default", .concurrency = 9});
        auto remover = schema.connect(), other = schema.connect();
        remover.run("BEGIN; UPDATE job_fences SET used = (SELECT fence FROM jobs);"
                    " DELETE FROM jobs");
        auto again = std::async(std::launch::async, [&] { return submit(*store, new_job(1)); });
        waiting_session(again, other, schema);
        remover.run("COMMIT");
        CHECK(again.get().outcome == Submitted::Outcome::created);
        const auto fence = claim(*store, 1).at(0).lease.fence;
        CHECK(fence > lease.fence);
        CHECK(find(*store, lease.id)->fence == fence);
    }
}

TEST_CASE("no call waits for a PostgreSQL lock longer than busy_timeout" * needs_postgresql) {
    const PostgresqlSchema schema;
    open_store(schema.url()); // other tests may be making their tables, one after the other
    const auto store = open_store(schema.url(), {.busy_timeout = std::chrono::milliseconds{20}});
    submit(*store, new_job(1));
    auto blocker = schema.connect();
    blocker.run(lock_all);
    for (const Call& call : every_member()) {
        CAPTURE(call.name);
        CHECK(code_of([&] { call.run(*store); }) == Errc::store_busy);
    }
    blocker.run("ROLLBACK");
    for (const Call& call : every_member()) {
        CAPTURE(call.name);
        CHECK(code_of([&] { call.run(*store); }) == std::error_code());
    }
}

TEST_CASE("a PostgreSQL statement that takes too long is aborted" * needs_postgresql) {
    const PostgresqlSchema schema;
    open_store(schema.url()); // so that no table has to be made within the limit
    const auto store =
        open_store(schema.url(), {.statement_timeout = std::chrono::milliseconds{500}});
    auto blocker = schema.connect();
    blocker.run(lock_all);
    CHECK(code_of([&] { store->list({}); }) == Errc::store_busy);
}

TEST_CASE("the victim of a PostgreSQL deadlock is retried" * needs_postgresql) {
    const PostgresqlSchema schema;
    const auto store = open_store(schema.url_to_end());
    submit(*store, new_job(1));
    submit(*store, new_job(2));
    std::vector<Heartbeat> heartbeats;
    for (const auto& job : claim(*store, 2)) heartbeats.push_back({.lease = job.lease});
    REQUIRE(heartbeats.size() == 2);
    auto rival = schema.connect();
    auto other = schema.connect();
    const auto touch = [](const NewJob& job) {
        return "UPDATE jobs SET message = 'touched' WHERE id = '" + std::string(job.id.text()) +
               "'";
    };
    rival.run("SET deadlock_timeout = '1h'; BEGIN;" + touch(new_job(2)));
    auto renewals = std::async(std::launch::async,
                               [&] { return store->renew(heartbeats, std::chrono::seconds{30}); });
    waiting_session(renewals, other, schema); // holds the first, waits for the second
    rival.run(touch(new_job(1)));             // returns when the victim was rolled back
    rival.run("COMMIT");
    for (const auto& renewal : renewals.get()) CHECK(renewal.kept);
    CHECK(find(*store, new_job(1).id)->progress.message == "touched");
}

TEST_CASE("PostgreSQL refuses a text that is no UTF-8, without further effect" * needs_postgresql) {
    const PostgresqlSchema schema;
    const auto store = open_store(schema.url());
    auto job = new_job(1);
    job.owner = "\xff";
    CHECK(code_of([&] { submit(*store, job); }) == Errc::invalid_payload);
    CHECK_FALSE(find(*store, job.id));
    job.owner = "fine";
    CHECK(submit(*store, job).outcome == Submitted::Outcome::created);
}

TEST_CASE("processes that open a new PostgreSQL schema concurrently make its tables once" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    {
        std::vector<std::unique_ptr<ForkedProcess>> children;
        for (std::uint64_t i = 0; i < 6; ++i)
            children.push_back(std::make_unique<ForkedProcess>([&schema, i](int out) {
                const auto store = open_store(schema.url());
                submit(*store, new_job(i));
                ForkedProcess::write_text(out, "done");
            }));
        for (auto& child : children) CHECK(child->read_all() == "done");
    }
    CHECK(schema.connect().value("SELECT count(*) - max(version) FROM asyncjobs_schema") == "0");
    CHECK(open_store(schema.url())->list({}).jobs.size() == 6);
}

TEST_CASE("pending_migrations() returns PostgreSQL's migrations without applying them" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    CHECK(pending_migrations(schema.url()).size() == soci_adapter::postgresql_migrations().size());
    CHECK(schema.connect().value("SELECT count(*) FROM pg_namespace WHERE nspname = '" +
                                 schema.name() + "'") == "0");
    open_store(schema.url());
    CHECK(pending_migrations(schema.url()).empty());
}

TEST_CASE("times are readable in plain SQL on PostgreSQL" * needs_postgresql) {
    const PostgresqlSchema schema;
    const auto store = open_store(schema.url());
    auto job = new_job(1);
    job.run_at = Timestamp{std::chrono::microseconds{4102444800123456}};
    submit(*store, job);
    CHECK(schema.connect().value("SELECT run_at AT TIME ZONE 'UTC' FROM jobs_readable") ==
          "2100-01-01 00:00:00.123456");
}

TEST_CASE("a PostgreSQL schema may have any name" * needs_postgresql) {
    const auto server = needs_postgresql.value();
    Postgresql other(server);
    const std::string drop = R"(DROP SCHEMA IF EXISTS "o'clock"" é" CASCADE)";
    other.run(drop);
    submit(*open_store(server + "?schema=o'clock\" é"), new_job(1));
    CHECK(other.value(R"(SELECT count(*) FROM "o'clock"" é".jobs)") == "1");
    other.run(drop);
}

TEST_CASE("behind a pooler of transactions PostgreSQL's own isolation level must be the store's" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    const auto url = schema.url() + "&options=-c%20default_transaction_isolation%3Dserializable";
    CHECK_FALSE(code_of([&] { open_store(url); }));
    CHECK(message_of([&] {
              open_store(url + "&pooling=transaction");
          }).find("transaction_isolation is serializable, but must be read committed") !=
          std::string::npos);
}

TEST_CASE("behind a pooler of transactions a PostgreSQL role must not be read-only by default" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    const auto url = schema.url() + "&options=-c%20default_transaction_read_only%3Don";
    CHECK_FALSE(code_of([&] { open_store(url); }));
    CHECK(message_of([&] {
              open_store(url + "&pooling=transaction");
          }).find("transaction_read_only is on, but must be off") != std::string::npos);
}

TEST_CASE("a job due before those of PostgreSQL's last claim is still claimed" * needs_postgresql) {
    const PostgresqlSchema schema;
    const auto store = open_store(schema.url());
    submit(*store, new_job(1));
    REQUIRE(claim(*store, 1).size() == 1);
    auto older = new_job(2);
    older.run_at = Timestamp{std::chrono::seconds{1}};
    submit(*store, older);
    CHECK(claim(*store, 1).size() == 1);
}

/// A private server for faults, with an empty database.
class OwnServer : public PrivateServer {
public:
    OwnServer() : PrivateServer(SERVER_SCRIPTS "/postgres.sh", SERVER_FOLDER) {
        Postgresql(url()).run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    /// Sends a signal to all its processes.
    void signal(int number) const {
        std::ifstream file(SERVER_FOLDER "/postgres/data/postmaster.pid");
        pid_t server = 0;
        file >> server;
        const auto children = "pkill -" + std::to_string(number) + " -P " + std::to_string(server);
        ::kill(server, number);
        CHECK(std::system(children.c_str()) == 0);
    }
};

TEST_CASE("a crash of the PostgreSQL server loses nothing, and calls succeed after its restart" *
          needs_postgresql) {
    const OwnServer server;
    const auto store = open_store(server.url());
    for (std::uint64_t i = 0; i < 50; ++i) submit(*store, new_job(i));
    server.kill();
    for (const Call& call : every_member()) {
        CAPTURE(call.name);
        const auto code = code_of([&] { call.run(*store); });
        CHECK(code == Errc::store_unavailable);
        CHECK(code == Condition::retryable);
    }
    server.start();
    CHECK(claim(*store, 100).size() == 50);
    server.stop();
    server.start();
    for (const Call& call : every_member()) {
        CAPTURE(call.name);
        CHECK(code_of([&] { call.run(*store); }) == std::error_code());
    }
}

TEST_CASE(
    "a call of a stopped PostgreSQL server times out, and succeeds when the server continues" *
    needs_postgresql) {
    const OwnServer server;
    const auto store = open_store(server.url() + "?connect_timeout=2",
                                  {.statement_timeout = std::chrono::seconds{1}});
    submit(*store, new_job(1));
    server.signal(SIGSTOP);
    const auto code = code_of([&] { submit(*store, new_job(2)); });
    CHECK(code == Errc::unknown_outcome);
    CHECK(code == Condition::retryable);
    CHECK(code_of([&] { find(*store, new_job(1).id); }) == Errc::store_unavailable);
    server.signal(SIGCONT);
    CHECK(find(*store, new_job(1).id));
}

TEST_CASE("executor, client and store can be destroyed while they connect to PostgreSQL" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    check_ends_while_connecting(schema.url() + "&listen=off&connect_timeout=3600");
}

TEST_CASE("executor, client and store can be destroyed while a PostgreSQL server hangs" *
          needs_postgresql) {
    const OwnServer server;
    check_ends_while_server_hangs(
        server.url() + "?connect_timeout=2", [&] { server.signal(SIGSTOP); },
        [&] { server.signal(SIGCONT); });
}

TEST_CASE("a PostgreSQL server whose clock was set back delays no job" * needs_postgresql) {
    const PostgresqlSchema schema;
    const auto store = open_store(schema.url());
    submit(*store, new_job(1));
    submit(*store, new_job(2));
    CHECK(claim(*store, 1).size() == 1);
    schema.connect().run("UPDATE jobs SET run_at = run_at + 7200000000,"
                         " updated_at = updated_at + 7200000000,"
                         " lease_expires_at = CASE status WHEN 'processing' THEN updated_at"
                         "  + 7200000000 END, lease_for = 0");
    CHECK(claim(*store, 10).empty());
    store->rescue(10, 3);
    const auto notices = store->take_clock_notices();
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].kind == ClockNotice::Kind::set_back);
    CHECK(claim(*store, 10).size() == 2);
    store->rescue(10, 3);
    CHECK(store->take_clock_notices().empty());
}

} // namespace
