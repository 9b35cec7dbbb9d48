#include "message/cursor.hpp"

#include <asyncjobs/http/problem.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using http::make_cursor;
using http::Problem;
using http::read_cursor;

namespace {
const JobId last_seen =
    JobId::make(Timestamp{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}}, 1, 2);
const JobQuery query{.owner = "ann", .type = "report", .status = JobStatus::failed};
} // namespace

TEST_CASE("a cursor names its position in its list") {
    CHECK(read_cursor(query, make_cursor(query, last_seen)) == last_seen);
    CHECK(read_cursor({.owner = "ann"}, make_cursor({.owner = "ann"}, last_seen)) == last_seen);
}

TEST_CASE("a cursor may be used with another page size") {
    JobQuery larger = query;
    larger.limit = 7;
    CHECK(read_cursor(larger, make_cursor(query, last_seen)) == last_seen);
}

TEST_CASE("a cursor of another owner or filter is refused") {
    const auto cursor = make_cursor(query, last_seen);
    JobQuery other = query;
    SUBCASE("another owner") { other.owner = "bob"; }
    SUBCASE("another type") { other.type = "reports"; }
    SUBCASE("no type") { other.type.reset(); }
    SUBCASE("another status") { other.status = JobStatus::completed; }
    SUBCASE("no status") { other.status.reset(); }
    SUBCASE("the parts divided differently") {
        other.owner = "annreport";
        other.type = "";
    }
    CHECK_THROWS_AS(read_cursor(other, cursor), Problem);
}

TEST_CASE("a changed cursor is refused") {
    const auto cursor = make_cursor(query, last_seen);
    CHECK_THROWS_AS(read_cursor(query, ""), Problem);
    CHECK_THROWS_AS(read_cursor(query, cursor.substr(1)), Problem);
    CHECK_THROWS_AS(read_cursor(query, cursor + "0"), Problem);
    CHECK_THROWS_AS(read_cursor(query, cursor.substr(0, cursor.size() - 1) + "u"), Problem);
    CHECK_THROWS_AS(read_cursor(query, last_seen.text()), Problem);
}
