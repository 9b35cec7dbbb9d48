#include "postgresql/array.hpp"
#include "postgresql/fault.hpp"

#include "databases/store_calls.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::code_of;

TEST_CASE("PostgreSQL's faults are classified by their remedy") {
    const auto code = [](const char* sqlstate, Stage stage = Stage::working) {
        return postgresql_fault(sqlstate, true, stage).code;
    };
    CHECK(code("40001") == Errc::store_busy);
    CHECK(code("40P01") == Errc::store_busy);
    CHECK(code("55P03") == Errc::store_busy);
    CHECK(code("57014") == Errc::store_busy);
    CHECK(code("53100") == Errc::store_full);
    CHECK(code("53300") == Errc::store_unavailable);
    CHECK(code("57P01") == Errc::store_unavailable);
    CHECK(code("08006") == Errc::store_unavailable);
    CHECK(code("25006") == Errc::store_unavailable);
    CHECK(code("42P01") == Errc::store_failure);
    CHECK(code("40001", Stage::committing) == Errc::store_busy);
    CHECK(code("57P01", Stage::committing) == Errc::unknown_outcome);
    CHECK(code("08006", Stage::committing) == Errc::unknown_outcome);
}

TEST_CASE("a broken session is lost, whatever its fault") {
    const Fault fault = postgresql_fault("42P01", false, Stage::working);
    CHECK(fault.code == Errc::store_unavailable);
    CHECK(fault.session_is_lost);
    CHECK(fault.is_worth_repeating);
    CHECK(postgresql_fault("", false, Stage::committing).code == Errc::unknown_outcome);
}

TEST_CASE("a transaction with an unknown outcome is never retried") {
    for (const char* sqlstate : {"08006", "57P01", "57P02", "25P03"})
        CHECK_FALSE(postgresql_fault(sqlstate, true, Stage::committing).is_worth_repeating);
    CHECK(postgresql_fault("40P01", true, Stage::committing).is_worth_repeating);
}

TEST_CASE("a timeout of a lock is not retried") {
    CHECK_FALSE(postgresql_fault("55P03", true, Stage::working).is_worth_repeating);
    CHECK_FALSE(postgresql_fault("57014", true, Stage::working).is_worth_repeating);
}

TEST_CASE("a text with NUL is refused, not cut") {
    PostgresqlArray array;
    CHECK(code_of([&] { array.add(std::string_view("a\0b", 3)); }) == Errc::invalid_payload);
}

} // namespace
