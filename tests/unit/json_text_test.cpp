#include "thrown.hpp"

#include <asyncjobs/json_text.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs;

namespace {

std::string refusal_of(std::string text) {
    return refusal(Errc::invalid_payload, [&] { return JsonText::parse(std::move(text)); });
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("a default text is null") { CHECK(JsonText().text() == "null"); }

TEST_CASE("a moved-from text is null") {
    auto text = JsonText::parse(R"({"a":"longer than what a string keeps within itself"})");
    JsonText other = std::move(text);
    CHECK(text == JsonText());
    text = std::move(other);
    CHECK(other == JsonText());
    CHECK(std::move(text).text().starts_with("{"));
    CHECK(text == JsonText());
}

TEST_CASE("well-formed JSON is kept byte for byte") {
    for (const std::string text :
         {"null", "true", "0", "-0", "1e999", "12345678901234567890123", "\"\"",
          " { \"b\" : 1 ,\n\t\"a\":[ ] , \"b\":2 } ", "\"\xD9\x85\"", "\"\\u0645\\ud83d\\ude00\"",
          "\"\xF0\x9F\x98\x80\"", "\"\\\\u0000\"", "\"\x7F\"", "[1.50, 1E+2]"}) {
        CAPTURE(text);
        CHECK(JsonText::parse(text).text() == text);
    }
}

TEST_CASE("malformed JSON is refused") {
    for (const std::string text : {"",           " ",
                                   "nul",        "truefalse",
                                   "{",          "[1,]",
                                   "{\"a\":1,}", "{a:1}",
                                   "'a'",        "01",
                                   "+1",         ".5",
                                   "1.",         "NaN",
                                   "Infinity",   "\"a",
                                   "\"\n\"",     "\"\\x41\"",
                                   "1 2",        "[] []",
                                   "// c\n1",    "\xEF\xBB\xBF{}",
                                   "\"\\u12\"",  "]"}) {
        CAPTURE(text);
        CHECK(has(refusal_of(text), "invalid JSON at offset"));
    }
}

TEST_CASE("a refusal names the offset of the first fault") {
    CHECK(has(refusal_of("[1, 2, x]"), "offset 7"));
    CHECK(has(refusal_of("[] {}"), "offset 3"));
}

TEST_CASE("invalid UTF-8 is refused") {
    for (const std::string bytes :
         {"\xFF", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\x80"}) {
        CHECK_FALSE(refusal_of("\"" + bytes + "\"").empty());
        CHECK_FALSE(refusal_of("{\"" + bytes + "\":1}").empty());
    }
}

TEST_CASE("lone surrogates are refused") {
    for (const auto* text : {"\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"", "\"\\ud83dx\""})
        CHECK_FALSE(refusal_of(text).empty());
}

TEST_CASE("U+0000 is refused in strings and names, escaped or not") {
    const std::string rule = "U+0000 is not allowed";
    CHECK(has(refusal_of("\"a\\u0000b\""), rule));
    CHECK(has(refusal_of("{\"\\u0000\":1}"), rule));
    CHECK(has(refusal_of("{\"a\":[\"\\u0000\"]}"), rule));
    CHECK_FALSE(refusal_of(std::string("\"a\0b\"", 5)).empty());
    CHECK_FALSE(refusal_of(std::string("1\0", 2)).empty());
}

TEST_CASE("nesting may be 64 deep, not deeper") {
    CHECK_NOTHROW((void)JsonText::parse(nested(64)));
    CHECK(has(refusal_of(nested(65)), "nested deeper than 64"));
    CHECK(has(refusal_of(std::string(100'000, '[')), "nested deeper than 64"));
}

TEST_CASE("a text may be 10 MiB long, not longer") {
    constexpr std::size_t limit = 10 * 1024 * 1024;
    CHECK_NOTHROW((void)JsonText::parse('"' + std::string(limit - 2, 'x') + '"'));
    CHECK(has(refusal_of('"' + std::string(limit - 1, 'x') + '"'),
              "the JSON text is 10485761 bytes long, but must be at most 10485760"));
}

TEST_CASE("a text can be moved out") {
    auto json = JsonText::parse("[1]");
    CHECK(std::move(json).text() == "[1]");
}

} // namespace
