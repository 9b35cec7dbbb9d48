#include "utf8.hpp"

#include <doctest/doctest.h>

using namespace report_server;

TEST_SUITE("UTF-8") {
    TEST_CASE("becomes Windows-1252 where that has the character") {
        CHECK(to_windows_1252("Cura\xC3\xA7"
                              "ao") == "Cura\xE7"
                                       "ao");
        CHECK(to_windows_1252("\xE2\x82\xAC \xE2\x80\x93 \xE2\x80\xA6") == "\x80 \x96 \x85");
        CHECK(to_windows_1252("\xC5\xBD") == "\x8E");
    }

    TEST_CASE("becomes one question mark for each character that Windows-1252 lacks") {
        CHECK(to_windows_1252("\xD9\x85\xD8\xB5\xD8\xB1") == "???");
        CHECK(to_windows_1252("a\xF0\x9F\x98\x80z") == "a?z");
        CHECK(to_windows_1252("a\nb\x7F") == "a?b?");
        CHECK(to_windows_1252("\xC2\x85") == "?");
    }

    TEST_CASE("that is malformed never passes for a character") {
        CHECK(to_windows_1252("a\x80z") == "a?z");
        CHECK(to_windows_1252("\xC3") == "?");
        CHECK(to_windows_1252("\xC0\xAF") == "??");
        CHECK(to_windows_1252("\xE0\x80\xAF") == "???");
        CHECK(to_windows_1252("\xED\xA0\x80") == "???");
        CHECK(to_windows_1252("\xF4\x90\x80\x80") == "????");
        CHECK(to_windows_1252("\xE2\x82z") == "??z");
    }

    TEST_CASE("is made printable by replacing control characters and broken bytes") {
        CHECK(to_printable_utf8("\xD9\x85 ok") == "\xD9\x85 ok");
        CHECK(to_printable_utf8("a\x01"
                                "b") == "a\xEF\xBF\xBD"
                                        "b");
        CHECK(to_printable_utf8("a\xFFz") == "a\xEF\xBF\xBDz");
        CHECK(to_printable_utf8("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
    }
}
