#include "db/soci_session.hpp"
#include "sqlite/dialect.hpp"
#include "sqlite/fragments.hpp"
#include "sqlite/soci_sqlite3.hpp"

#include <asyncjobs/soci/host_transaction.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;

TEST_CASE("a host's SQLite session keeps no statement of the store") {
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
    session.begin();
    const std::vector<NewJob> jobs(2, {.type = "x", .unique_key = "key"});
    CHECK(submit(session, jobs).at(1).outcome == Submitted::Outcome::key_taken);
    CHECK_FALSE(has_statement());
    CHECK_FALSE(complete(session, LeaseRef{}));
    CHECK_FALSE(has_statement());
    session.commit();
}

} // namespace
