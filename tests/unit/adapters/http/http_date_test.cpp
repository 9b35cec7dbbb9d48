#include <asyncjobs/http/http_date.hpp>

#include <doctest/doctest.h>

using namespace std::chrono;
using asyncjobs::Timestamp;
using asyncjobs::http::parse_http_date;
using asyncjobs::http::to_http_date;

TEST_CASE("a date has the form of RFC 9110's example") {
    const auto day = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6};
    CHECK(to_http_date(Timestamp{day} + 8h + 49min + 37s) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("a leap day has its weekday, and fractions of a second are truncated") {
    const auto day = std::chrono::sys_days{std::chrono::year{2024} / 2 / 29};
    CHECK(to_http_date(Timestamp{day} + 23h + 59min + 59s + 999999us) ==
          "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST_CASE("the date of a header is read to the second") {
    CHECK(parse_http_date("Wed, 08 Jan 2025 12:34:56 GMT") ==
          sys_days{2025y / January / 8} + 12h + 34min + 56s);
    CHECK(parse_http_date("Sun, 29 Feb 2032 00:00:00 GMT") == sys_days{2032y / February / 29});
}

TEST_CASE("an invalid date is refused") {
    for (const char* text : {"", "120", "Wed, 08 Jan 2025 12:34:56 CET",
                             "Wed, 8 Jan 2025 12:34:56 GMT", "Wed, 30 Feb 2025 12:34:56 GMT",
                             "Wed, 08 Jan 2025 25:34:56 GMT", "Wednesday, 08-Jan-25 12:34:56 GMT",
                             "Wed Jan  8 12:34:56 2025", "Wed, 08 Jan 2025 12:34:56 GMT "}) {
        CAPTURE(text);
        CHECK(parse_http_date(text) == std::nullopt);
    }
}
