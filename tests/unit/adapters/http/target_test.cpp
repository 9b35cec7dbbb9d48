#include "message/target.hpp"

#include <asyncjobs/http/problem.hpp>

#include <doctest/doctest.h>

using asyncjobs::http::parse_target;
using asyncjobs::http::Problem;
using Segments = std::vector<std::string>;

TEST_CASE("a path is split before it is decoded") {
    CHECK(parse_target("/v1/jobs/a%2Fb").segments == Segments{"v1", "jobs", "a/b"});
    CHECK(parse_target("/v1/%6Aobs").segments == Segments{"v1", "jobs"});
    CHECK(parse_target("/a%20%C3%A4+").segments == Segments{"a \xc3\xa4+"});
    CHECK(parse_target("/v1/jobs/").segments == Segments{"v1", "jobs", ""});
}

TEST_CASE("a query is decoded, with + as a blank") {
    const auto target = parse_target("/x?a=1%262&b=c+d%2B&e&a=3");
    REQUIRE(target.query.find("a"));
    CHECK(*target.query.find("a") == "1&2");
    CHECK(*target.query.single("b") == "c d+");
    CHECK(*target.query.single("e") == "");
    CHECK_FALSE(target.query.find("f"));
    CHECK_THROWS_AS(target.query.single("a"), Problem);
}

TEST_CASE("a malformed or obscured target is refused with 400") {
    const std::string targets[] = {
        "",        "x",           "*",      "http://a/b", "/a%",
        "/a%2",    "/a%zz",       "/a%00b", "/a?b=%00",   "/a%0d%0aX:y",
        "/a%ff",   "/a?b=%c3%28", "/a b",   "/a\xc3\xa4", "/a#b",
        "/a/../b", "/a/%2e%2e/b", "/a/./b", "/a?b=%",     std::string("/a\0b", 4)};
    for (const auto& target : targets) {
        CAPTURE(target);
        try {
            parse_target(target);
            FAIL_CHECK("it was accepted");
        } catch (const Problem& problem) {
            CHECK(problem.status() == 400);
        }
    }
}
