#include <asyncjobs/detail/text_rules.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs::detail;

namespace {

const std::string replacement = "\xEF\xBF\xBD";

TEST_CASE("a well-formed UTF-8 sequence is measured") {
    CHECK(utf8_sequence("a") == 1);
    CHECK(utf8_sequence(std::string_view("\0", 1)) == 1);
    CHECK(utf8_sequence("\x7F") == 1);
    CHECK(utf8_sequence("\xC2\x80") == 2);
    CHECK(utf8_sequence("\xDF\xBF+") == 2);
    CHECK(utf8_sequence("\xE0\xA0\x80") == 3);
    CHECK(utf8_sequence("\xED\x9F\xBF") == 3);
    CHECK(utf8_sequence("\xEE\x80\x80") == 3);
    CHECK(utf8_sequence("\xEF\xBF\xBF") == 3);
    CHECK(utf8_sequence("\xF0\x90\x80\x80") == 4);
    CHECK(utf8_sequence("\xF4\x8F\xBF\xBF") == 4);
}

TEST_CASE("overlong, surrogate, truncated and stray bytes are no UTF-8") {
    for (const auto* bytes : {"",
                              "\x80",
                              "\xBF",
                              "\xC0\x80",
                              "\xC1\xBF",
                              "\xC2",
                              "\xC2+",
                              "\xC2\xC0",
                              "\xE0\x9F\xBF",
                              "\xE1\x80",
                              "\xE1\x80+",
                              "\xE1+\x80",
                              "\xED\xA0\x80",
                              "\xED\xBF\xBF",
                              "\xF0\x8F\xBF\xBF",
                              "\xF1\x80\x80",
                              "\xF1\x80\x80+",
                              "\xF1+\x80\x80",
                              "\xF4\x90\x80\x80",
                              "\xF5\x80\x80\x80",
                              "\xFF"})
        CHECK(utf8_sequence(bytes) == 0);
}

TEST_CASE("a storable text has only unstorable characters replaced") {
    const std::string good = "a\tb\n caf\xC3\xA9 \xF0\x9F\x98\x80";
    CHECK(storable(good) == good);
    CHECK(storable(std::string_view("a\0b", 3)) == "a" + replacement + "b");
    CHECK(storable("a\xFFz") == "a" + replacement + "z");
    CHECK(storable("\xE1\x80") == replacement + replacement);
    CHECK(storable("") == "");
}

TEST_CASE("a printable text has control characters replaced as well") {
    CHECK(printable("a\nb\x1B[0m\x7F") == "a?b?[0m?");
    CHECK(printable("caf\xC3\xA9\xFF") == "caf\xC3\xA9" + replacement);
}

TEST_CASE("a text is shortened between characters") {
    CHECK(shortened("abc", 3) == "abc");
    CHECK(shortened("abcd", 3) == "abc");
    CHECK(shortened("ab\xC3\xA9", 3) == "ab");
    CHECK(shortened("ab\xC3\xA9", 4) == "ab\xC3\xA9");
    CHECK(shortened("a\xF0\x9F\x98\x80z", 4) == "a");
    CHECK(shortened("a\xF0\x9F\x98\x80z", 5) == "a\xF0\x9F\x98\x80");
    CHECK(shortened(std::string(10, '\x80'), 8).size() >= 4); // ill-formed: not cut to nothing
    CHECK(shortened("abc", 0) == "");
}

TEST_CASE("names and labels have their own alphabets and lengths") {
    CHECK(is_name("sales.report_v2:eu/west-1"));
    CHECK(is_name(std::string(100, 'a')));
    CHECK_FALSE(is_name(std::string(101, 'a')));
    CHECK_FALSE(is_name(""));
    CHECK_FALSE(is_name("a b"));
    CHECK_FALSE(is_name("\xC3\xA9"));
    CHECK(is_label(""));
    CHECK(is_label("caf\xC3\xA9 \xD9\x85"));
    CHECK(is_label(std::string(255, 'a')));
    CHECK_FALSE(is_label(std::string(256, 'a')));
    CHECK_FALSE(is_label("a\x1F"));
    CHECK_FALSE(is_label("\x7F"));
    CHECK_FALSE(is_label("\xC3"));
}

} // namespace
