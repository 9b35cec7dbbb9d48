#include <asyncjobs/http/http_date.hpp>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using asyncjobs::Timestamp;
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
