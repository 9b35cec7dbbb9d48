#include "message/negotiation.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace asyncjobs::http;

TEST_CASE("only an Accept header that excludes JSON refuses it") {
    const std::pair<const char*, bool> table[] = {
        {"application/json", true},
        {"Application/JSON", true},
        {"application/json;q=0.1", true},
        {"application/json; q=0", false},
        {"application/json;q=0.000", false},
        {"*/*", true},
        {"*/*;q=0", false},
        {"application/*", true},
        {"text/html", false},
        {"text/html, */*;q=0.1", true},
        {"application/json;q=0, */*", false},
        {"*/*, application/json;q=0", false},
        {"application/*;q=0, */*", false},
        {"application/*;q=0, application/json", true},
        {"text/html, application/xml", false},
        {"", true},
    };
    for (const auto& row : table) {
        CAPTURE(row.first);
        CHECK(accepts_json(Headers{{"Accept", row.first}}) == row.second);
    }
    CHECK(accepts_json(Headers{}));
    CHECK(accepts_json(Headers{{"Accept", "text/html"}, {"Accept", "application/json"}}));
}

TEST_CASE("a body is JSON if its only Content-Type is JSON in UTF-8") {
    const std::pair<const char*, bool> table[] = {
        {"application/json", true},
        {"APPLICATION/json; charset=UTF-8", true},
        {"application/json; charset=\"utf-8\"", true},
        {"application/merge-patch+json", true},
        {"application/json; charset=iso-8859-1", false},
        {"text/json", false},
        {"text/plain", false},
        {"application/x-www-form-urlencoded", false},
        {"application/jsonp", false},
        {"+json", false},
        {"", false},
    };
    for (const auto& row : table) {
        CAPTURE(row.first);
        CHECK(is_json(Headers{{"Content-Type", row.first}}) == row.second);
    }
    CHECK_FALSE(is_json(Headers{}));
    CHECK_FALSE(is_json(
        Headers{{"Content-Type", "application/json"}, {"Content-Type", "application/json"}}));
}

TEST_CASE("If-None-Match compares weakly, in lists, and * matches all") {
    const std::pair<const char*, bool> table[] = {
        {"\"3\"", true},         {"W/\"3\"", true}, {"\"2\", \"3\"", true},
        {"\"2\",W/\"3\"", true}, {"*", true},       {" * ", true},
        {"\"33\"", false},       {"3", false},      {"\"2\"", false},
        {"w/\"3\"", false},      {"", false},
    };
    for (const auto& row : table) {
        CAPTURE(row.first);
        CHECK(has_current(Headers{{"If-None-Match", row.first}}, "\"3\"") == row.second);
    }
    CHECK_FALSE(has_current(Headers{}, "\"3\""));
    CHECK(has_current(Headers{{"If-None-Match", "\"1\""}, {"If-None-Match", "\"3\""}}, "\"3\""));
}

TEST_CASE("a client with the representation gets 304 with the same headers except the type") {
    const Response full{.headers = {{"ETag", "\"3\""}, {"Content-Type", "text/plain"}},
                        .body = "x"};
    CHECK(unless_current(full, Headers{}).status == 200);
    CHECK(unless_current(full, Headers{{"If-None-Match", "\"2\""}}).headers.find("Content-Type"));
    const auto current = unless_current(full, Headers{{"If-None-Match", "\"3\""}});
    CHECK(current.status == 304);
    CHECK(*current.headers.find("ETag") == "\"3\"");
    CHECK_FALSE(current.headers.find("Content-Type"));
}
