#include "host_checks.hpp"
#include "postgresql_host.hpp"

#include "databases/store_calls.hpp"
#include "store/host_session.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE(
    "on PostgreSQL a host's transaction submits and completes jobs if and only if it commits" *
    needs_postgresql) {
    check_host_transactions(make_host<PostgresqlHost>);
}

TEST_CASE("on a PGconn handle a host's transaction submits and completes jobs if and only if it "
          "commits" *
          needs_postgresql) {
    check_host_transactions(make_host<PostgresqlHandleHost>);
}

TEST_CASE("on PostgreSQL a pool's session submits jobs" * needs_postgresql) {
    check_pooled_session(*make_host<PostgresqlHost>());
}

TEST_CASE(
    "on PostgreSQL a side effect that commits with its job's completion happens exactly once" *
    needs_postgresql) {
    check_exactly_once(*make_host<PostgresqlHost>());
}

TEST_CASE("on PostgreSQL one of 64 concurrent submitters of a unique key creates the job" *
          needs_postgresql) {
    check_race_for_unique_key(*make_host<PostgresqlHost>());
}

TEST_CASE("on PostgreSQL one of 64 concurrent submitters of an idempotency key creates the job" *
          needs_postgresql) {
    check_race_for_idempotency_key(*make_host<PostgresqlHost>());
}

TEST_CASE("a submit that waits for a host's PostgreSQL transaction delays no other submit" *
          needs_postgresql) {
    check_waiting_submit_delays_no_other(*make_host<PostgresqlHost>());
}

/// Hosts with and without SOCI.
const MakeHost makers_of_both[] = {make_host<PostgresqlHost>, make_host<PostgresqlHandleHost>};

int count_prepared(HostClient& client) {
    const HostConnection connection = client;
    auto* handle = soci_adapter::handle_of<soci::postgresql_session_backend>(connection);
    const std::unique_ptr<PGresult, decltype(&PQclear)> left(
        PQexec(handle, "SELECT 1 FROM pg_prepared_statements"), &PQclear);
    return PQntuples(left.get());
}

TEST_CASE("a host's PostgreSQL connection keeps no statement of the store, and a failed "
          "transaction is detected" *
          needs_postgresql) {
    for (const MakeHost& make : makers_of_both) {
        const auto database = make();
        const auto store = open_store(database->store_url());
        const auto host = database->connect();
        host->begin();
        submit(*host, {with_key(new_job(1), "a"), with_key(new_job(2), "a")}, database->tables());
        CHECK(count_prepared(*host) == 0);

        CHECK_THROWS(host->run("SELECT 1 / 0"));
        CHECK(code_of([&] { submit(*host, new_job(3), database->tables()); }) == Errc::conflict);
        host->rollback();
        CHECK_FALSE(find(*store, new_job(1).id));
    }
}

TEST_CASE("a failed call leaves no statement on a host's PostgreSQL connection" *
          needs_postgresql) {
    for (const MakeHost& make : makers_of_both) {
        const auto database = make();
        const auto other = database->connect();
        other->begin();
        submit(*other, with_key(new_job(1), "key"), database->tables());
        const auto host = database->connect();
        host->run("SET lock_timeout = 10");
        host->begin();
        CHECK(code_of([&] { submit(*host, with_key(new_job(2), "key"), database->tables()); }) ==
              Errc::store_busy);
        host->rollback();
        CHECK(count_prepared(*host) == 0);
        other->rollback();
    }
}

TEST_CASE("a PGconn handle with an unread result or in pipeline mode is refused" *
          needs_postgresql) {
    const auto database = make_host<PostgresqlHandleHost>();
    Postgresql host(needs_postgresql.value());
    host.run("BEGIN");
    const auto code = [&] {
        return code_of([&] { submit(host.handle(), new_job(1), database->tables()); });
    };
    REQUIRE(PQsendQuery(host.handle(), "SELECT 1") == 1);
    CHECK(code() == Errc::conflict);
    while (PGresult* result = PQgetResult(host.handle())) PQclear(result);
    REQUIRE(PQenterPipelineMode(host.handle()) == 1);
    CHECK(code() == Errc::conflict);
    REQUIRE(PQexitPipelineMode(host.handle()) == 1);
    CHECK(code() == std::error_code());
    host.run("ROLLBACK");
}

TEST_CASE("a null PGconn handle is refused" * needs_postgresql) {
    PGconn* const null = nullptr;
    CHECK(code_of([&] { submit(null, new_job(1)); }) == Errc::invalid_argument);
}

TEST_CASE("a PGconn handle whose connection was refused is unavailable" * needs_postgresql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> handle(PQconnectdb("host=/nonexistent"),
                                                              &PQfinish);
    CHECK(code_of([&] { submit(handle.get(), new_job(1)); }) == Errc::store_unavailable);
}

TEST_CASE("a non-blocking PGconn handle submits a large job" * needs_postgresql) {
    const auto database = make_host<PostgresqlHandleHost>();
    const auto store = open_store(database->store_url());
    Postgresql host(needs_postgresql.value());
    REQUIRE(PQsetnonblocking(host.handle(), 1) == 0);
    host.run("BEGIN");
    auto job = new_job(1);
    job.input = JsonText::parse('"' + std::string(3'000'000, 'x') + '"');
    CHECK(submit(host.handle(), job, database->tables()).outcome == Submitted::Outcome::created);
    host.run("COMMIT");
    CHECK(find(*store, job.id)->input == job.input);
}

TEST_CASE("a host's PostgreSQL session needs no setting but the encoding, and its settings stay "
          "unchanged" *
          needs_postgresql) {
    const PostgresqlSchema theirs, ours;
    const auto store = open_store(ours.url());
    auto session = PostgresqlHost().open();
    *session << "CREATE SCHEMA " + theirs.name();
    *session << "CREATE TABLE " + theirs.name() + ".jobs (id integer)";
    *session << "SET search_path = " + theirs.name() + ", " + ours.name();
    for (const char* setting :
         {"array_nulls = off", "standard_conforming_strings = off", "transform_null_equals = on",
          "DateStyle = 'SQL, DMY'", "TimeZone = 'Pacific/Chatham'", "enable_indexscan = off",
          "default_transaction_isolation = 'repeatable read'"})
        *session << "SET " + std::string(setting);

    session->begin();
    auto job = new_job(1);
    job.input = JsonText::parse(R"(["back\\slash", "quote'"])");
    CHECK(submit(*session, job).outcome == Submitted::Outcome::created);
    std::string array_nulls;
    *session << "SHOW array_nulls", soci::into(array_nulls);
    CHECK(array_nulls == "off");
    session->commit();
    const auto found = find(*store, job.id);
    REQUIRE(found);
    CHECK(found->input == job.input);
    CHECK_FALSE(found->unique_key);
    CHECK_FALSE(found->limit_key);

    const auto lease = claim(*store, 1).at(0).lease;
    session->begin();
    CHECK(complete(*session, lease));
    session->commit();
    CHECK(find(*store, job.id)->status == JobStatus::completed);
}

TEST_CASE("a PostgreSQL connection in another encoding is refused" * needs_postgresql) {
    for (const MakeHost& make : makers_of_both)
        check_setting_is_refused(*make(), "SET client_encoding = 'LATIN1'");
}

} // namespace
