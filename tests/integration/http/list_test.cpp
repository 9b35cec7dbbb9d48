#include "served_api.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace asyncjobs;

namespace {

/// The ids of all pages, in order.
std::vector<std::string> walk(ServedApi& served, std::string_view who, const std::string& query) {
    std::vector<std::string> ids;
    std::string cursor;
    for (int page = 0; page < 100; ++page) {
        const auto response = served.ask("GET /v1/jobs?" + query + cursor, who);
        REQUIRE(response.status == 200);
        const auto document = json_of(response);
        for (const auto& job : document.at("jobs").as_array())
            ids.push_back(text_at(job, "job_id"));
        if (!document.as_object().contains("next_cursor")) return ids;
        cursor = "&cursor=" + text_at(document, "next_cursor");
    }
    FAIL("the listing has no end");
    return ids;
}

std::string first_cursor(ServedApi& served, const std::string& query) {
    return text_at(json_of(served.ask("GET /v1/jobs?" + query)), "next_cursor");
}

} // namespace

TEST_CASE("pages contain each of the caller's jobs once, newest first") {
    ServedApi served;
    std::set<std::string> own;
    for (int i = 0; i < 23; ++i) {
        own.insert(std::string(served.submit("ann").text()));
        served.submit("bob");
    }
    const auto ids = walk(served, "ann", "limit=5");
    CHECK(ids.size() == 23);
    CHECK(std::set<std::string>(ids.begin(), ids.end()) == own);
    CHECK(std::ranges::is_sorted(ids, std::greater<>()));
}

TEST_CASE("jobs submitted while pages are read do not change the following pages") {
    ServedApi served;
    for (int i = 0; i < 4; ++i) served.submit("ann");
    const auto cursor = first_cursor(served, "limit=2");
    served.submit("ann");
    const auto document = json_of(served.ask("GET /v1/jobs?limit=2&cursor=" + cursor));
    CHECK(document.at("jobs").as_array().size() == 2);
    CHECK_FALSE(document.as_object().contains("next_cursor"));
}

TEST_CASE("a list can be restricted to a status and a type") {
    ServedApi served;
    const auto cancelled = served.submit("ann", "a");
    served.client.cancel(cancelled);
    served.submit("ann", "a");
    served.submit("ann", "b");
    CHECK(walk(served, "ann", "status=cancelled") ==
          std::vector<std::string>{std::string(cancelled.text())});
    CHECK(walk(served, "ann", "type=a").size() == 2);
    CHECK(walk(served, "ann", "type=a&status=pending").size() == 1);
}

TEST_CASE("a list has internal jobs only if their type is requested") {
    ServedApi served;
    std::vector<std::string> own;
    for (int i = 0; i < 7; ++i) {
        own.emplace_back(served.submit("ann").text());
        for (const auto* type : {"asyncjobs.webhook", "asyncjobs.remove_file"})
            served.submit("ann", type);
    }
    std::ranges::reverse(own);
    CHECK(walk(served, "ann", "limit=2") == own);
    CHECK(walk(served, "ann", "limit=2&status=pending") == own);
    CHECK(walk(served, "ann", "limit=2&type=asyncjobs.webhook").size() == 7);
    CHECK(walk(served, "ann", "type=asyncjobs.webhook&status=pending").size() == 7);
}

TEST_CASE("a limit over the maximum is lowered, and an invalid one gets 400") {
    ServedApi served({.api = {.default_page = 2, .max_page = 3}});
    for (int i = 0; i < 5; ++i) served.submit("ann");
    const auto size = [&](const std::string& limit) {
        return json_of(served.ask("GET /v1/jobs?" + limit)).at("jobs").as_array().size();
    };
    CHECK(size("") == 2);
    CHECK(size("limit=1") == 1);
    CHECK(size("limit=4") == 3);
    CHECK(size("limit=99999999999999999999999999") == 3);
    for (const std::string limit : {"-1", "0", "", "1.5", "x", "%2B1", "1x", "1&limit=2"}) {
        CAPTURE(limit);
        CHECK(served.ask("GET /v1/jobs?limit=" + limit).status == 400);
    }
}

TEST_CASE("an unknown status or a malformed type gets 400") {
    ServedApi served;
    CHECK(served.ask("GET /v1/jobs?status=done").status == 400);
    CHECK(served.ask("GET /v1/jobs?status=").status == 400);
    CHECK(served.ask("GET /v1/jobs?type=a%20b").status == 400);
}

TEST_CASE("a cursor of another owner or another filter is refused") {
    ServedApi served;
    for (int i = 0; i < 3; ++i) {
        served.submit("ann");
        served.submit("bob");
    }
    const auto cursor = first_cursor(served, "limit=1");
    CHECK(served.ask("GET /v1/jobs?limit=2&cursor=" + cursor, "ann").status == 200);
    CHECK(served.ask("GET /v1/jobs?limit=1&cursor=" + cursor, "bob").status == 400);
    CHECK(served.ask("GET /v1/jobs?limit=1&status=pending&cursor=" + cursor).status == 400);
    CHECK(served.ask("GET /v1/jobs?limit=1&type=note&cursor=" + cursor).status == 400);
    CHECK(served.ask("GET /v1/jobs?cursor=x").status == 400);
    CHECK(served.ask("GET /v1/jobs?cursor=").status == 400);
}
