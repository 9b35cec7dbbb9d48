#include "http_date.hpp"

#include <doctest/doctest.h>

namespace {

using asyncjobs::webhooks::parse_http_date;
using namespace std::chrono;

} // namespace

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
