#include "sqlite/schema.hpp"

#include "databases/forked_process.hpp"
#include "databases/limits_of_earlier_tables.hpp"
#include "databases/schema_options.hpp"
#include "databases/sqlite_file.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

namespace {

using namespace asyncjobs;
using namespace soci_test;

void make_tables(Sqlite& database, std::size_t version) {
    for (const Migration& step : soci_adapter::sqlite_migrations().first(version)) {
        database.run(step.sql);
        database.run("INSERT INTO asyncjobs_schema VALUES (" + std::to_string(step.version) +
                     ", 0)");
    }
}

TEST_CASE("a new database gets every migration, and opening it again none") {
    const SqliteFile file;
    const auto latest = soci_adapter::sqlite_migrations().back().version;
    CHECK(pending_migrations(file.url()).size() == soci_adapter::sqlite_migrations().size());
    open_store(file.url());
    CHECK(pending_migrations(file.url()).empty());
    open_store(file.url());
    Sqlite database(file.path());
    CHECK(database.value("SELECT count(*) FROM asyncjobs_schema") == std::to_string(latest));
    CHECK(database.value("SELECT max(version) FROM asyncjobs_schema") == std::to_string(latest));
}

TEST_CASE("a job that waited for a limit in an older schema is due again") {
    const SqliteFile file;
    Sqlite database(file.path());
    make_tables(database, 1);
    const auto insert = [&](std::uint64_t id, const std::string& run_at,
                            const std::string& not_before) {
        const std::string text(JobId::make(Timestamp{}, 0, id).text());
        database.run("INSERT INTO jobs (id, type, queue, owner, status, max_attempts, timeout,"
                     " retention, created_at, updated_at, run_at, not_before, input) VALUES ('" +
                     text + "', 'test', 'default', '', 'pending', 5, 0, 0, 1, 1, " + run_at + ", " +
                     not_before + ", 'null')");
        return text;
    };
    const std::string never = "253402300799999999";
    const auto waiting = insert(1, never, "1000");
    const auto paused = insert(2, never, "NULL");
    for (const auto& id : {waiting, paused})
        database.run("INSERT INTO job_waiting VALUES ('" + id + "', 'one', 'default', 1000, 0)");
    const auto store = open_store(file.url());
    CHECK(database.value("SELECT run_at FROM jobs WHERE id = '" + waiting + "'") == "1000");
    CHECK(database.value("SELECT run_at FROM jobs WHERE id = '" + paused + "'") == never);
}

TEST_CASE("the steps of a job in an older schema are kept") {
    const SqliteFile file;
    Sqlite database(file.path());
    make_tables(database, 2);
    const auto id = JobId::make(Timestamp{}, 0, 1);
    database.run("INSERT INTO jobs (id, type, queue, owner, status, max_attempts, timeout,"
                 " retention, created_at, updated_at, run_at, input, steps) VALUES ('" +
                 std::string(id.text()) +
                 "', 'test', 'default', '', 'pending', 5, 0, 0, 1, 1, 1, 'null', '" +
                 R"([{"name":"read","result":"{\"rows\": 12}"},{"name":"add","result":"[]"},)"
                 R"({"name":"read","result":"2"}]'))");
    database.run("INSERT INTO jobs (id, type, queue, owner, status, max_attempts, timeout,"
                 " retention, created_at, updated_at, run_at, input) VALUES ('other', 'test',"
                 " 'other', '', 'pending', 5, 0, 0, 1, 1, 1, 'null')");
    const auto store = open_store(file.url());
    CHECK(database.value("SELECT steps FROM jobs WHERE id = 'other'") == "NULL");
    std::vector<Step> expected = {{"read", JsonText::parse(R"({"rows": 12})")},
                                  {"add", JsonText::parse("[]")}};
    const auto lease = claim(*store, 1).at(0).lease;
    CHECK((find(*store, id)->steps == expected));
    const Heartbeat heartbeat{.lease = lease, .step = Step{"sum", JsonText::parse("3")}};
    store->renew({&heartbeat, 1}, std::chrono::minutes{1});
    expected.push_back(*heartbeat.step);
    CHECK((find(*store, id)->steps == expected));
}

TEST_CASE("SQLite tables of the version before claims ahead are upgraded, with their leases") {
    const SqliteFile file;
    Sqlite database(file.path());
    make_tables(database, 4);
    const JobId running = new_job(7).id;
    database.run("INSERT INTO jobs (id, type, queue, owner, status, max_attempts, attempt, timeout,"
                 " retention, created_at, updated_at, run_at, lease_expires_at, input) VALUES ('" +
                 std::string(running.text()) +
                 "', 'test', 'default', '', 'processing', 5, 1, 0, 60000000, 1, 1, 1, 1, 'null')");
    const auto store = open_store(file.url());
    REQUIRE(store->rescue(1, 1).size() == 1);
    const auto failed = find(*store, running);
    CHECK(failed->status == JobStatus::failed);
    CHECK(failed->expires_at == *failed->finished_at + failed->retention);
    CHECK(crashes_of_one_lost_ahead(*store) == 0);
}

TEST_CASE("limits of an earlier SQLite schema continue, with the jobs under them") {
    const SqliteFile file;
    Sqlite database(file.path());
    make_tables(database, 6);
    add_limits_of_earlier_tables([&](const std::string& sql) { database.run(sql); });
    const auto store = open_store(file.url());
    CHECK(database.value("SELECT reported FROM job_waiting") == "one=");
    check_limits_of_earlier_tables(*store);
}

TEST_CASE("pending_migrations() creates no file and changes none") {
    const SqliteFile file;
    pending_migrations(file.url());
    CHECK_FALSE(std::filesystem::exists(file.path()));

    Sqlite(file.path()).run("CREATE TABLE theirs (a)");
    CHECK(pending_migrations(file.url()).size() == soci_adapter::sqlite_migrations().size());
    Sqlite database(file.path());
    CHECK(database.column("SELECT name FROM sqlite_master") == std::vector<std::string>{"theirs"});
    CHECK(database.value("PRAGMA journal_mode") == "delete");
}

TEST_CASE("the pending migrations are the SQL that makes the tables") {
    const SqliteFile by_hand, by_store;
    Sqlite database(by_hand.path());
    for (const auto& migration : pending_migrations(by_hand.url())) database.run(migration.sql);
    open_store(by_store.url());
    const std::string tables = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
    CHECK(database.column(tables) == Sqlite(by_store.path()).column(tables));
}

TEST_CASE("a schema newer than this library is refused unchanged") {
    const SqliteFile file;
    open_store(file.url());
    Sqlite database(file.path());
    database.run("INSERT INTO asyncjobs_schema VALUES (1000, 0)");
    CHECK(code_of([&] { open_store(file.url()); }) == Errc::schema_mismatch);
    CHECK(code_of([&] { pending_migrations(file.url()); }) == Errc::schema_mismatch);
    const auto message = message_of([&] { open_store(file.url()); });
    CHECK(message.find("version 1000") != std::string::npos);
    database.run("DELETE FROM asyncjobs_schema WHERE version = 1000");
    CHECK_NOTHROW(open_store(file.url()));
}

TEST_CASE("a SQLite database is made or upgraded only if the options allow it") {
    const SqliteFile file;
    const auto dump = [&] {
        Sqlite database(file.path());
        return database.value("PRAGMA journal_mode") + " " +
               database.value("SELECT group_concat(sql) FROM sqlite_master");
    };
    Sqlite(file.path()).run("CREATE TABLE theirs (a)");
    check_create_is_obeyed(file.url(), dump);

    const SqliteFile old;
    {
        Sqlite database(old.path());
        make_tables(database, 4);
    }
    check_migrate_is_obeyed(old.url(), 4, [&] {
        return Sqlite(old.path()).value("SELECT group_concat(sql) FROM sqlite_master");
    });
}

TEST_CASE("a missing SQLite file is not made if the options forbid it") {
    const SqliteFile file;
    const auto open = [&] { open_store(file.url(), {.create = false}); };
    CHECK(code_of(open) == Errc::store_unavailable);
    CHECK(contains(message_of(open), file.path().string()));
    CHECK_FALSE(std::filesystem::exists(file.path()));
}

TEST_CASE("threads that open a new database at the same time all succeed") {
    for (int round = 0; round < 10; ++round) {
        const SqliteFile file;
        std::atomic<int> waiting = 4, opened = 0;
        std::vector<std::thread> threads;
        for (std::uint64_t i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                --waiting;
                while (waiting > 0) std::this_thread::yield();
                if (!code_of([&] { submit(*open_store(file.url()), new_job(i)); })) ++opened;
            });
        for (auto& thread : threads) thread.join();
        CHECK(opened == 4);
        CHECK(open_store(file.url())->list({}).jobs.size() == 4);
    }
}

TEST_CASE("processes that open a new database at the same time all succeed") {
    for (int round = 0; round < 5; ++round) {
        const SqliteFile file;
        const auto open_in_child = [&](std::uint64_t number) {
            return [&file, number](int out) {
                submit(*open_store(file.url()), new_job(number));
                ForkedProcess::write_text(out, "opened");
            };
        };
        ForkedProcess a(open_in_child(1)), b(open_in_child(2)), c(open_in_child(3));
        CHECK(a.read_all() == "opened");
        CHECK(b.read_all() == "opened");
        CHECK(c.read_all() == "opened");
        CHECK(open_store(file.url())->list({}).jobs.size() == 3);
    }
}

TEST_CASE("columns are declared only with types that SOCI reads correctly") {
    const SqliteFile file;
    open_store(file.url());
    Sqlite database(file.path());
    for (const std::string table : {"jobs", "job_queues", "asyncjobs_schema"}) {
        CAPTURE(table);
        const auto types = database.column("PRAGMA table_info(" + table + ")", 2);
        REQUIRE_FALSE(types.empty());
        for (const auto& type : types)
            CHECK(
                std::set<std::string>{"TEXT", "BIGINT", "INTEGER", "REAL", "BLOB"}.contains(type));
    }
}

TEST_CASE("the table of jobs is readable, as are its times in the view") {
    using std::chrono::sys_days;
    static constexpr Timestamp noon =
        sys_days{std::chrono::year{2025} / 1 / 8} + std::chrono::hours{12};
    const SqliteFile file;
    const auto store = open_store(file.url(), {.clock = [] { return noon + Duration{250}; }});
    auto job = new_job(1);
    job.input = JsonText::parse(R"({"from": "2011-01-01"})");
    job.owner = "42";
    job.priority = 3;
    submit(*store, job);
    const auto claimed = claim(*store, 1);
    const Settlement settlements[] = {Settlement::failed(
        claimed.at(0).lease, {.code = "E7005", .message = "no \"data\"", .details = {}})};
    store->settle(settlements);

    Sqlite database(file.path());
    const auto jobs = [&](const std::string& what) {
        return database.value("SELECT " + what + " FROM jobs");
    };
    CHECK(jobs("status") == "failed");
    CHECK(jobs("type") == "noop");
    CHECK(jobs("owner") == "42");
    CHECK(jobs("input") == R"({"from": "2011-01-01"})");
    CHECK(jobs("error") == R"({"code":"E7005","message":"no \"data\"","details":null})");
    CHECK(jobs("error ->> 'message'") == "no \"data\"");
    CHECK(jobs("created_at") == "1736337600000250");
    CHECK(jobs("not_before = created_at AND run_at = created_at - 180000000") == "1");
    CHECK(jobs("completed_at IS NULL AND failed_at = created_at") == "1");

    const auto readable = [&](const std::string& what) {
        return database.value("SELECT " + what + " FROM jobs_readable");
    };
    CHECK(readable("created_at") == "2025-01-08T12:00:00.000250Z");
    CHECK(readable("failed_at") == "2025-01-08T12:00:00.000250Z");
    CHECK(readable("expires_at") == "2025-01-15T12:00:00.000250Z");
    CHECK(readable("run_at") == "2025-01-08T12:00:00.000250Z");
    CHECK(readable("priority") == "3");
    CHECK(readable("completed_at") == "NULL");
    CHECK(readable("retention_seconds") == "604800.0");
}

} // namespace
