#include <asyncjobs/http/headers.hpp>

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

using asyncjobs::Errc;
using asyncjobs::Error;
using asyncjobs::http::Headers;

TEST_CASE("a header is found regardless of the case of its name") {
    const Headers headers{{"Content-Type", "text/plain"}};
    REQUIRE(headers.find("content-TYPE"));
    CHECK(*headers.find("content-TYPE") == "text/plain");
    CHECK_FALSE(headers.find("Content"));
}

TEST_CASE("headers keep their order, and add() keeps earlier ones") {
    Headers headers;
    headers.add("B", "1");
    headers.add("A", "2");
    headers.add("b", "3");
    std::string all;
    for (const auto& [name, value] : headers) all += name + value;
    CHECK(all == "B1A2b3");
    CHECK(headers.count("B") == 2);
    CHECK(headers.joined("b") == "1, 3");
}

TEST_CASE("set() replaces every field of that name") {
    Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
    headers.set("A", "4");
    CHECK(headers.count("A") == 1);
    CHECK(*headers.find("a") == "4");
    CHECK(headers.size() == 2);
}

TEST_CASE("a value that would split a message never becomes a header") {
    const std::string values[] = {"a\rb",  "a\nb", "a\r\nX: y", std::string("a\0b", 3),
                                  "a\x1f", "a\x7f"};
    for (const auto& value : values) {
        CAPTURE(value);
        Headers headers{{"A", "before"}};
        CHECK_THROWS_AS(headers.set("A", value), Error);
        CHECK_THROWS_AS(headers.add("A", value), Error);
        CHECK_THROWS_AS((Headers{{"A", value}}), Error);
        CHECK(headers.joined("A") == "before");
    }
    for (const std::string name : {"", "a b", "a:", "a\r", "\xc3\xa4"}) {
        CAPTURE(name);
        Headers headers;
        CHECK_THROWS_AS(headers.add(name, "v"), Error);
        CHECK(headers.size() == 0);
    }
}

TEST_CASE("tabs and UTF-8 are allowed in a value") {
    Headers headers;
    headers.add("A", "x\ty \xc3\xa4");
    CHECK(*headers.find("A") == "x\ty \xc3\xa4");
}
