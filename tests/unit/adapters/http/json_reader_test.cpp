#include "colliding_keys.hpp"

#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/problem.hpp>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>

using asyncjobs::http::Problem;
using asyncjobs::http::read_json;

TEST_CASE("well-formed JSON is read unchanged") {
    CHECK(boost::json::serialize(read_json(R"( {"a":[1,{"a":"\u00e4"}],"b":{"a":null}} )", 32)) ==
          "{\"a\":[1,{\"a\":\"\xc3\xa4\"}],\"b\":{\"a\":null}}");
    CHECK(read_json("3", 32) == boost::json::value(3));
}

TEST_CASE("invalid JSON is refused with 400 and the position") {
    const std::pair<std::string, std::string> faults[] = {
        {"", "offset 0"},
        {"{", "offset 1"},
        {R"({"a":1,})", "offset 7"},
        {R"({'a':1})", "offset 1"},
        {"{} {}", "offset 3"},
        {"nul", "offset 3"},
        {"01", "offset 1"},
        {"NaN", "offset 0"},
        {"// c\n1", "offset 0"},
        {R"({"a":1,"a":2})", "duplicate key"},
        {R"({"x":{"a":1,"b":2,"\u0061":3}})", "duplicate key"},
        {R"({"a":"\u0000"})", "U+0000"},
        {R"({"a\u0000":1})", "U+0000"},
        {"\"\xff\"", "offset"},
        {"\"\xc0\x80\"", "offset"},
        {"\"\xed\xa0\x80\"", "offset"},
        {R"("\ud800")", "offset"},
        {"\xef\xbb\xbf{}", "offset 0"},
        {"\"a\nb\"", "offset"},
        {std::string(33, '[') + std::string(33, ']'), "deeper than 32"},
    };
    for (const auto& fault : faults) {
        CAPTURE(fault.first);
        try {
            read_json(fault.first, 32);
            FAIL_CHECK("it was accepted");
        } catch (const Problem& problem) {
            CHECK(problem.status() == 400);
            CHECK(problem.code() == "invalid_json");
            CHECK(std::string(problem.what()).find(fault.second) != std::string::npos);
        }
    }
}

TEST_CASE("nesting is accepted up to the limit") {
    CHECK_NOTHROW(read_json(std::string(32, '[') + std::string(32, ']'), 32));
}

TEST_CASE("sibling and nested objects may have equal keys") {
    CHECK_NOTHROW(read_json(R"([{"a":1},{"a":{"a":1}}])", 32));
}

TEST_CASE("an object's table starts at a different address each time, so that its hash can't be "
          "guessed") {
    std::string text = "{";
    for (int i = 0; i < 4096; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    text += '}';
    std::set<std::uintptr_t> places; // within the buckets of such a table
    for (int i = 0; i < 64; ++i)
        places.insert(reinterpret_cast<std::uintptr_t>(read_json(text, 32).as_object().begin()) %
                      4096);
    CHECK(places.size() > 16);
}

#ifdef __GLIBCXX__
TEST_CASE("many keys that collide in an unseeded hash are read as fast as others") {
    const auto keys = colliding_keys(3'000);
    std::string text = "{";
    for (const auto& key : keys) {
        CHECK(std::hash<std::string>{}(key) == std::hash<std::string>{}(keys.front()));
        text += (text.size() > 1 ? ",\"" : "\"") + key + "\":0";
    }
    text += '}';
    CHECK(read_json(text, 32).as_object().size() == keys.size());
}
#endif
