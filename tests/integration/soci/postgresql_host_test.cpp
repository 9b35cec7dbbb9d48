#include "host_checks.hpp"
#include "postgresql_host.hpp"

#include "databases/store_calls.hpp"

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

TEST_CASE("a host's PostgreSQL session keeps no statement of the store, and a failed transaction "
          "is detected" *
          needs_postgresql) {
    const auto database = make_host<PostgresqlHost>();
    const auto store = open_store(database->store_url());
    const auto session = database->open();
    session->begin();
    submit(*session, {with_key(new_job(1), "a"), with_key(new_job(2), "a")}, database->tables());
    auto* connection =
        static_cast<soci::postgresql_session_backend*>(session->get_backend())->conn_;
    const std::unique_ptr<PGresult, decltype(&PQclear)> left(
        PQexec(connection, "SELECT 1 FROM pg_prepared_statements"), &PQclear);
    CHECK(PQntuples(left.get()) == 0);

    CHECK_THROWS_AS(*session << "SELECT 1 / 0", soci::soci_error);
    CHECK(code_of([&] { submit(*session, new_job(3), database->tables()); }) == Errc::conflict);
    session->rollback();
    CHECK_FALSE(find(*store, new_job(1).id));
}

TEST_CASE("a failed call leaves no statement on a host's PostgreSQL session" * needs_postgresql) {
    const auto database = make_host<PostgresqlHost>();
    const auto store = open_store(database->store_url());
    const auto other = database->open();
    other->begin();
    submit(*other, with_key(new_job(1), "key"), database->tables());
    const auto session = database->open();
    *session << "SET lock_timeout = 10";
    session->begin();
    CHECK(code_of([&] { submit(*session, with_key(new_job(2), "key"), database->tables()); }) ==
          Errc::store_busy);
    session->rollback();
    auto* connection =
        static_cast<soci::postgresql_session_backend*>(session->get_backend())->conn_;
    const std::unique_ptr<PGresult, decltype(&PQclear)> left(
        PQexec(connection, "SELECT 1 FROM pg_prepared_statements"), &PQclear);
    CHECK(PQntuples(left.get()) == 0);
    other->rollback();
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

TEST_CASE("a PostgreSQL session in another encoding is refused" * needs_postgresql) {
    check_setting_is_refused(*make_host<PostgresqlHost>(), "SET client_encoding = 'LATIN1'");
}

} // namespace
