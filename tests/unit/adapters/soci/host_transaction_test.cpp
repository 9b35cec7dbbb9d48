#if __has_include(<mysql.h>) && __has_include(<libpq-fe.h>)

#include "host_database.hpp"
#include "store_calls.hpp"

#include <libpq-fe.h>
#include <soci/connection-pool.h>
#include <soci/postgresql/soci-postgresql.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;
using Outcome = Submitted::Outcome;

NewJob with_key(NewJob job, const std::string& key) {
    job.unique_key = key;
    return job;
}

TEST_CASE("a job that was submitted in a host's transaction is there when it commits") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        const auto session = database.open();
        session->begin();
        database.add_order(*session, 1);
        const auto submitted = submit(*session, {.type = "confirm"}, database.tables());
        CHECK(submitted.outcome == Outcome::created);
        CHECK_FALSE(find(*store, submitted.id));
        session->commit();
        const auto job = find(*store, submitted.id);
        REQUIRE(job);
        CHECK(job->type == "confirm");
        CHECK(job->created_at == submitted.created_at);
        CHECK(database.count_orders() == 1);
        CHECK(claim(*store, 10).size() == 1);
    });
}

TEST_CASE("a job that was submitted in a host's transaction is not there if it rolls back") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        const auto session = database.open();
        session->begin();
        database.add_order(*session, 1);
        const auto submitted = submit(*session, {.type = "confirm"}, database.tables());
        session->rollback();
        CHECK_FALSE(find(*store, submitted.id));
        CHECK(database.count_orders() == 0);
        CHECK(claim(*store, 10).empty());
    });
}

TEST_CASE("a conflict in a host's transaction is an answer, and the transaction goes on") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        const auto held = with_key(new_job(1), "key");
        submit(*store, held);
        const auto session = database.open();
        session->begin();
        database.add_order(*session, 1);
        const auto answers = submit(*session, {with_key(new_job(2), "key"), new_job(1), new_job(3)},
                                    database.tables());
        REQUIRE(answers.size() == 3);
        CHECK(answers[0].outcome == Outcome::key_taken);
        CHECK(answers[0].id == held.id);
        CHECK(answers[1].outcome == Outcome::id_exists);
        CHECK(answers[2].outcome == Outcome::created);
        database.add_order(*session, 2);
        session->commit();
        CHECK(database.count_orders() == 2);
        CHECK(find(*store, new_job(3).id));
        CHECK_FALSE(find(*store, new_job(2).id));
    });
}

TEST_CASE("a unique key that a transaction took and rolled back is free") {
    on_each_database([](HostDatabase& database) {
        const auto session = database.open();
        for (const bool commits : {false, true}) {
            session->begin();
            const auto job = with_key(new_job(commits ? 2 : 1), "key");
            CHECK(submit(*session, job, database.tables()).outcome == Outcome::created);
            commits ? session->commit() : session->rollback();
        }
        session->begin();
        CHECK(submit(*session, with_key(new_job(3), "key"), database.tables()).id == new_job(2).id);
        session->rollback();
    });
}

TEST_CASE("two batches in one transaction are all there or none") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        const auto session = database.open();
        for (const bool commits : {false, true}) {
            session->begin();
            for (const std::uint64_t first : {1u, 1001u}) {
                std::vector<NewJob> jobs;
                for (std::uint64_t i = 0; i < 1000; ++i) jobs.push_back(new_job(first + i));
                for (const auto& answer : submit(*session, jobs, database.tables()))
                    REQUIRE(answer.outcome == Outcome::created);
            }
            commits ? session->commit() : session->rollback();
            CHECK(claim(*store, 3000).size() == (commits ? 2000 : 0));
        }
    });
}

TEST_CASE("payloads pass a host's session byte for byte") {
    const std::string texts[] = {
        R"({"a":"\u0001 \ud83d\ude00 😀 ' \" \\ :name %s ?","b":[1E5,-0.0,0.10]})",
        '"' + std::string(300'000, 'x') + R"(é\\:x''")",
    };
    on_each_database([&](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        const auto session = database.open();
        for (const auto& text : texts) {
            session->begin();
            NewJob job{.type = "echo", .input = JsonText::parse(text)};
            const auto id = submit(*session, job, database.tables()).id;
            session->commit();
            CHECK(find(*store, id)->input.text() == job.input.text());
            const auto claimed = claim(*store, 1).at(0);
            session->begin();
            CHECK(complete(*session, claimed.lease, job.input, database.tables()));
            session->commit();
            CHECK(find(*store, id)->result->text() == job.input.text());
        }
    });
}

TEST_CASE("a job is completed if and only if the host commits") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        submit(*store, new_job(1));
        const auto lease = claim(*store, 1).at(0).lease;
        const auto session = database.open();
        for (const bool commits : {false, true}) {
            session->begin();
            database.add_order(*session, 1);
            CHECK(complete(*session, lease, JsonText::parse("[1]"), database.tables()));
            commits ? session->commit() : session->rollback();
            const auto job = *find(*store, lease.id);
            CHECK(job.status == (commits ? JobStatus::completed : JobStatus::processing));
            CHECK(job.result.has_value() == commits);
        }
        CHECK(find(*store, lease.id)->progress.percent == 100);
    });
}

TEST_CASE("a lease that was lost completes nothing, and writes nothing") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        submit(*store, new_job(1));
        const auto old = claim(*store, 1).at(0).lease;
        const auto released = Settlement::released(old);
        REQUIRE(store->settle({&released, 1}).at(0).accepted);
        const auto present = claim(*store, 1).at(0).lease;
        const auto before = *find(*store, old.id);
        const auto session = database.open();
        session->begin();
        CHECK_FALSE(complete(*session, old, JsonText::parse("[1]"), database.tables()));
        database.add_order(*session, 1);
        session->commit();
        const auto after = *find(*store, old.id);
        CHECK(after.status == JobStatus::processing);
        CHECK(after.fence == present.fence);
        CHECK(after.revision == before.revision);
        CHECK_FALSE(after.result);
    });
}

TEST_CASE("without an open transaction nothing is done") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        const auto session = database.open();
        const NewJob job = new_job(1);
        CHECK(code_of([&] { submit(*session, job, database.tables()); }) == Errc::conflict);
        CHECK(code_of([&] {
                  complete(*session, LeaseRef{job.id, 1}, {}, database.tables());
              }) == Errc::conflict);
        CHECK_FALSE(find(*store, job.id));
    });
}

TEST_CASE("jobs and options that break a rule are refused, and the transaction goes on") {
    on_each_database([](HostDatabase& database) {
        const auto session = database.open();
        session->begin();
        const auto refused = [&](const NewJob& job, const HostTables& tables) {
            return code_of([&] { submit(*session, job, tables); }) == Errc::invalid_argument;
        };
        CHECK(refused({.type = "not a name"}, database.tables()));
        CHECK(refused({.type = "x"}, {.table_prefix = "x; DROP TABLE orders; "}));
        CHECK(refused({.type = "x"}, {.schema = "x\".y"}));
        database.add_order(*session, 1);
        session->commit();
        CHECK(database.count_orders() == 1);
    });
}

TEST_CASE("a session from a pool serves as well") {
    on_each_database([](HostDatabase& database) {
        const auto store = open_store(database.store_url());
        soci::connection_pool pool(1);
        pool.at(0).open(database.backend(), database.connect_string());
        soci::session session(pool);
        session.begin();
        const auto id = submit(session, {.type = "x"}, database.tables()).id;
        session.commit();
        CHECK(find(*store, id));
    });
}

TEST_CASE("no statement stays behind on a host's PostgreSQL session, and a failed one is known") {
    const auto server = postgresql_server();
    if (server.empty()) return;
    const PostgresqlHost database(server);
    const auto store = open_store(database.store_url());
    const auto session = database.open();
    session->begin();
    submit(*session, {with_key(new_job(1), "a"), with_key(new_job(2), "a")}, database.tables());
    auto* connection =
        static_cast<soci::postgresql_session_backend*>(session->get_backend())->conn_;
    const std::unique_ptr<PGresult, decltype(&PQclear)> left(
        PQexec(connection, "SELECT 1 FROM pg_prepared_statements"), &PQclear);
    CHECK(PQntuples(left.get()) == 0);

    CHECK_THROWS_AS(*session << "SELECT 1 / 0", soci::soci_error);
    CHECK(code_of([&] { submit(*session, new_job(3), database.tables()); }) == Errc::conflict);
    session->rollback();
    CHECK_FALSE(find(*store, new_job(1).id));
}

TEST_CASE("a call that fails leaves no statement behind on a host's PostgreSQL session") {
    const auto server = postgresql_server();
    if (server.empty()) return;
    const PostgresqlHost database(server);
    const auto store = open_store(database.store_url());
    const auto other = database.open();
    other->begin();
    submit(*other, with_key(new_job(1), "key"), database.tables());
    const auto session = database.open();
    *session << "SET lock_timeout = 10";
    session->begin();
    CHECK(code_of([&] { submit(*session, with_key(new_job(2), "key"), database.tables()); }) ==
          Errc::store_busy);
    session->rollback();
    auto* connection =
        static_cast<soci::postgresql_session_backend*>(session->get_backend())->conn_;
    const std::unique_ptr<PGresult, decltype(&PQclear)> left(
        PQexec(connection, "SELECT 1 FROM pg_prepared_statements"), &PQclear);
    CHECK(PQntuples(left.get()) == 0);
    other->rollback();
}

/// Whether a transaction ends when it locks a row that was changed after its snapshot. False if the
/// server has no such setting: MySQL, and MariaDB before 10.6.18.
bool set_snapshot_isolation(soci::session& session, const std::string& value) {
    std::string name, current;
    session << "SHOW VARIABLES LIKE 'innodb_snapshot_isolation'", soci::into(name),
        soci::into(current);
    if (!session.got_data()) return false;
    session << "SET SESSION innodb_snapshot_isolation = " + value;
    return true;
}

/// Begins a transaction whose snapshot is taken before `job` is submitted.
void begin_before_submitting(const MysqlHost& database, soci::session& session, JobStore& store,
                             const NewJob& job) {
    session << "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    session.begin();
    int jobs = -1;
    session << "SELECT count(*) FROM " + database.tables().table_prefix + "jobs", soci::into(jobs);
    REQUIRE(jobs == 0);
    submit(store, job);
}

TEST_CASE("a MySQL transaction with an old snapshot learns who holds the key") {
    if (mysql_server().empty()) return;
    const MysqlHost database;
    const auto store = open_store(database.store_url());
    const auto session = database.open();
    set_snapshot_isolation(*session, "OFF");
    begin_before_submitting(database, *session, *store, with_key(new_job(1), "key"));
    const auto answer = submit(*session, with_key(new_job(2), "key"), database.tables());
    CHECK(answer.outcome == Outcome::key_taken);
    CHECK(answer.id == new_job(1).id);
    CHECK(submit(*session, new_job(1), database.tables()).outcome == Outcome::id_exists);
    session->rollback();
}

TEST_CASE("a MySQL transaction that snapshot isolation ended is reported as busy") {
    if (mysql_server().empty()) return;
    const MysqlHost database;
    const auto store = open_store(database.store_url());
    const auto session = database.open();
    if (!set_snapshot_isolation(*session, "ON")) {
        MESSAGE("skipped: the server has no snapshot isolation");
        return;
    }
    begin_before_submitting(database, *session, *store, with_key(new_job(1), "key"));
    CHECK(code_of([&] { submit(*session, with_key(new_job(2), "key"), database.tables()); }) ==
          Errc::store_busy);
    session->rollback();
    CHECK_FALSE(find(*store, new_job(2).id));
}

TEST_CASE("a session in another encoding is refused") {
    const auto refuses = [](const HostDatabase& database, const std::string& setting) {
        open_store(database.store_url());
        const auto session = database.open();
        *session << setting;
        session->begin();
        CHECK(code_of([&] { submit(*session, new_job(1), database.tables()); }) ==
              Errc::invalid_argument);
        session->rollback();
    };
    if (!mysql_server().empty()) refuses(MysqlHost(), "SET NAMES latin1");
    if (const auto server = postgresql_server(); !server.empty())
        refuses(PostgresqlHost(server), "SET client_encoding = 'LATIN1'");
}

} // namespace

#endif
