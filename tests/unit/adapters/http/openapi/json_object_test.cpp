#include "openapi/json_object.hpp"

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace asyncjobs::http::openapi;

TEST_CASE("a host's text that is neither object nor null is refused by name") {
    CHECK(object_of(JsonText(), "info").empty());
    CHECK(object_of(JsonText::parse(R"({"a":1})"), "info").at("a") == 1);
    CHECK_THROWS_WITH_AS(object_of(JsonText::parse("[1]"), "info"),
                         R"(info is "[1]", but must be a JSON object: invalid argument)", Error);
}

TEST_CASE("existing members are not replaced") {
    boost::json::object to{{"a", 1}};
    add_missing(to, {{"a", 2}, {"b", 3}});
    CHECK(to == boost::json::object{{"a", 1}, {"b", 3}});
}
