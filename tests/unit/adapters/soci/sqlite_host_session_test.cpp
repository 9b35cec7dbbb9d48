#include "db/soci_session.hpp"
#include "sqlite/dialect.hpp"
#include "sqlite/fragments.hpp"
#include "sqlite/soci_sqlite3.hpp"

#include "databases/store_calls.hpp"

#include <asyncjobs/soci/host_transaction.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::code_of;

TEST_CASE("a host's SQLite connection keeps no statement of the store") {
    soci::session session("sqlite3", "dbname=:memory:");
    auto* connection = static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
    const auto has_statement = [&] {
        return sqlite_api::sqlite3_next_stmt(connection, nullptr) != nullptr;
    };
    {
        const SqliteDialect dialect{{}};
        SociSession own({std::shared_ptr<void>(), &session}, sqlite::fragments, "");
        for (const Migration& step : dialect.migrations()) dialect.migrate(own, step);
        CHECK(has_statement());
    }
    for (const HostConnection host : {HostConnection(session), HostConnection(connection)}) {
        session.begin();
        const std::vector<NewJob> jobs(2, {.type = "x", .unique_key = "key"});
        CHECK(submit(host, jobs).at(1).outcome == Submitted::Outcome::key_taken);
        CHECK_FALSE(has_statement());
        CHECK_FALSE(complete(host, LeaseRef{}));
        CHECK_FALSE(has_statement());
        session.rollback();
    }
}

TEST_CASE("a sqlite3 handle stays open and usable after a call that fails") {
    soci::session session("sqlite3", "dbname=:memory:");
    auto* connection = static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
    session.begin();
    const auto code = code_of([&] { submit(connection, {.type = "x"}); });
    CHECK(code == Errc::store_failure); // there are no tables
    CHECK(sqlite_api::sqlite3_get_autocommit(connection) == 0);
    CHECK(sqlite_api::sqlite3_next_stmt(connection, nullptr) == nullptr);
    session << "CREATE TABLE orders (id INTEGER)";
    session.commit();
}

TEST_CASE("a null sqlite3 handle is refused") {
    sqlite_api::sqlite3* const null = nullptr;
    CHECK(code_of([&] { submit(null, {.type = "x"}); }) == Errc::invalid_argument);
}

} // namespace
