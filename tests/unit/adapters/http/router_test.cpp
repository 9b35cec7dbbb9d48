#include "message/router.hpp"

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs::http;

namespace {

Route route(std::string method, std::string path) {
    return {std::move(method), std::move(path), Access::authenticated, {}, [](const Call&) {
                return Response{};
            }};
}

} // namespace

TEST_CASE("a named segment matches one whole, non-empty segment") {
    Router router;
    router.add(route("GET", "/jobs/{id}/result"));
    const auto match = router.find("GET", {"jobs", "a/b", "result"});
    REQUIRE(match.route);
    CHECK(*match.parameters.find("id") == "a/b");
    CHECK_FALSE(router.find("GET", {"jobs", "", "result"}).route);
    CHECK_FALSE(router.find("GET", {"jobs", "a"}).route);
    CHECK_FALSE(router.find("GET", {"jobs", "a", "result", ""}).route);
}

TEST_CASE("a literal segment is preferred to a named one, in either order of declaration") {
    for (const bool literal_first : {true, false}) {
        Router router;
        if (literal_first) router.add(route("GET", "/jobs/new"));
        router.add(route("GET", "/jobs/{id}"));
        if (!literal_first) router.add(route("GET", "/jobs/new"));
        CHECK(router.find("GET", {"jobs", "new"}).route->path == "/jobs/new");
        CHECK(router.find("GET", {"jobs", "old"}).route->path == "/jobs/{id}");
    }
}

TEST_CASE("a path without the method lists its methods") {
    Router router;
    router.add(route("GET", "/a"));
    router.add(route("POST", "/a"));
    const auto match = router.find("DELETE", {"a"});
    CHECK_FALSE(match.route);
    CHECK(allow_list(match.methods) == "GET, HEAD, OPTIONS, POST");
    CHECK(router.find("GET", {"b"}).methods.empty());
}

TEST_CASE("routes are listed in declaration order") {
    Router router;
    router.add(route("POST", "/b"));
    router.add(route("GET", "/a"));
    REQUIRE(router.routes().size() == 2);
    CHECK(router.routes().front()->path == "/b");
    CHECK(router.routes().back()->path == "/a");
}

TEST_CASE("a duplicate route, or one without a handler, is refused") {
    Router router;
    router.add(route("GET", "/a"));
    CHECK_THROWS_AS(router.add(route("GET", "/a")), asyncjobs::Error);
    CHECK_THROWS_AS(router.add(route("GET", "a")), asyncjobs::Error);
    CHECK_THROWS_AS(router.add(route("G T", "/b")), asyncjobs::Error);
    CHECK_THROWS_AS(router.add(route("HEAD", "/b")), asyncjobs::Error);
    CHECK_THROWS_AS(router.add({"GET", "/b", Access::anonymous, {}, {}}), asyncjobs::Error);
}
