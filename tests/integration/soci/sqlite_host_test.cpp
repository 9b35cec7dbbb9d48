#include "host_checks.hpp"
#include "sqlite_host.hpp"

#include <doctest/doctest.h>

namespace {

using namespace soci_test;

TEST_CASE("on SQLite a host's transaction submits and completes jobs if and only if it commits") {
    check_host_transactions(make_host<SqliteHost>);
}

TEST_CASE("on a sqlite3 handle a host's transaction submits and completes jobs if and only if it "
          "commits") {
    check_host_transactions(make_host<SqliteHandleHost>);
}

TEST_CASE("on SQLite a pool's session submits jobs") {
    check_pooled_session(*make_host<SqliteHost>());
}

TEST_CASE("on SQLite a side effect that commits with its job's completion happens exactly once") {
    check_exactly_once(*make_host<SqliteHost>());
}

TEST_CASE("on SQLite one of 64 concurrent submitters of a unique key creates the job") {
    check_race_for_unique_key(*make_host<SqliteHost>());
}

TEST_CASE("on SQLite one of 64 concurrent submitters of an idempotency key creates the job") {
    check_race_for_idempotency_key(*make_host<SqliteHost>());
}

} // namespace
