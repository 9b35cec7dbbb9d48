#include <asyncjobs/detail/json_document.hpp>
#include <asyncjobs/json.hpp>

#include "unit/thrown.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs;
using detail::JsonDocument;

namespace {

JsonDocument read(std::string_view text) { return JsonDocument::parse(text, JsonText::max_depth); }

std::string refusal_of(std::string_view text, std::size_t max_depth = JsonText::max_depth) {
    return refusal(Errc::invalid_payload, [&] { JsonDocument::parse(text, max_depth); });
}

/// The text of the member `input`.
std::string input_of(std::string_view text) { return read(text).member("input").text().text(); }

/// An object of `count` members, each an object with the key `a`.
std::string object_of(int count, const std::string& last) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += "\"" + std::to_string(i) + "\":{\"a\":0},";
    return text + "\"" + last + "\":0}";
}

} // namespace

TEST_CASE("one pass gives a document's tree and its text byte for byte") {
    const std::string text = R"( {"a":[1.50,-2,18446744073709551615],"b":{"\u00e4":"\u00e4"}} )";
    const auto document = read(text);
    CHECK(document.text().text() == text);
    CHECK(boost::json::serialize(document.tree()) ==
          boost::json::serialize(json::to_value(JsonText::parse(text))));
}

TEST_CASE("a document is refused for every rule of JSON texts") {
    for (const std::string& text :
         {std::string("{\"a\":"), std::string("[1] 2"), std::string("[\"\\u0000\"]"),
          std::string("{\"\\u0000\":1}"), std::string("\"\xff\""), std::string("\"\\ud800\""),
          std::string(65, '[') + std::string(65, ']'),
          '"' + std::string(JsonText::max_size, 'x') + '"'}) {
        CAPTURE(text.substr(0, 80));
        CHECK(refusal_of(text) ==
              refusal(Errc::invalid_payload, [&] { return JsonText::parse(text); }));
    }
}

TEST_CASE("a document's depth is limited to what is asked for, and to that of JSON texts") {
    CHECK_NOTHROW(JsonDocument::parse("[[1]]", 2));
    CHECK(has(refusal_of("[[[1]]]", 2), "nested deeper than 2"));
    CHECK(has(refusal_of(std::string(65, '[') + std::string(65, ']'), 1000),
              "nested deeper than 64"));
}

TEST_CASE("a duplicate key is refused in objects of every size and depth") {
    for (const int count : {1, 15, 16, 17, 100}) {
        CAPTURE(count);
        CHECK_NOTHROW(read(object_of(count, "x")));
        CHECK(has(refusal_of(object_of(count, "0")), "duplicate key"));
        CHECK(has(refusal_of(object_of(count, std::to_string(count - 1))), "duplicate key"));
        CHECK(has(refusal_of("{\"x\":" + object_of(count, "x") + ",\"x\":1}"), "duplicate key"));
    }
    CHECK(has(refusal_of(R"({"ab":1,"\u0061b":2})"), "duplicate key"));
    CHECK_NOTHROW(read(R"([{"a":{"a":1}},{"a":1,"aa":2,"":3}])"));
}

TEST_CASE("a member of a document is a document with its text") {
    CHECK(input_of(R"({"type":"t","input":{"a": 1.50, "b":[1,{"c":"}\""}]} })") ==
          R"({"a": 1.50, "b":[1,{"c":"}\""}]})");
    CHECK(input_of(R"( { "input" : 12345678901234567890123 , "type":"t"})") ==
          "12345678901234567890123");
    CHECK(input_of(R"({"x":{"input":1},"y":"input","input":"\\"})") == R"("\\")");
    CHECK(input_of(R"({"input":true})") == "true");
    CHECK(input_of(R"({"inpu":1,"\u0069nput": [1 ,2],"inputs":3})") == "[1 ,2]");
    CHECK(read(R"({"a":{"b":7}})").member("a").tree() == boost::json::object{{"b", 7}});
}
