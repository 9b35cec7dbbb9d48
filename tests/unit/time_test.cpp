#include <asyncjobs/time.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp at(int year, unsigned month, unsigned day, Duration time = {}) {
    return Timestamp{std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) /
                                           static_cast<int>(day)}} +
           time;
}

TEST_CASE("a time is written with as many decimals as it needs") {
    CHECK(to_rfc3339(at(2025, 1, 8, 12h)) == "2025-01-08T12:00:00Z");
    CHECK(to_rfc3339(at(2025, 1, 8, 12h + 250ms)) == "2025-01-08T12:00:00.250000Z");
    CHECK(to_rfc3339(at(2025, 1, 8, 1us)) == "2025-01-08T00:00:00.000001Z");
    CHECK(to_rfc3339(at(2025, 1, 8, 100ms)) == "2025-01-08T00:00:00.100000Z");
    CHECK(to_rfc3339(at(1969, 12, 31, 24h - 1us)) == "1969-12-31T23:59:59.999999Z");
    CHECK(to_rfc3339(at(9999, 12, 31, 24h - 1s)) == "9999-12-31T23:59:59Z");
}

TEST_CASE("an optional time takes any unit, truncated to microseconds") {
    const OptionalTime time = std::chrono::sys_time<std::chrono::nanoseconds>(1'999ns);
    CHECK(time == OptionalTime(Timestamp(1us)));
    CHECK(OptionalTime(std::chrono::sys_days{}).value_or(Timestamp(1us)) == Timestamp());
    CHECK_FALSE(OptionalTime(std::nullopt));
    CHECK(OptionalTime() != OptionalTime(Timestamp()));
}

TEST_CASE("any RFC 3339 date-time is read") {
    const std::pair<const char*, Timestamp> table[] = {
        {"2025-01-08T12:00:00Z", at(2025, 1, 8, 12h)},
        {"2025-01-08t12:00:00z", at(2025, 1, 8, 12h)},
        {"2025-01-08 12:00:00Z", at(2025, 1, 8, 12h)},
        {"2025-01-08T12:00:00.5Z", at(2025, 1, 8, 12h + 500ms)},
        {"2025-01-08T12:00:00.000001Z", at(2025, 1, 8, 12h + 1us)},
        {"2025-01-08T12:00:00.0000019999Z", at(2025, 1, 8, 12h + 1us)},
        {"2025-01-08T12:00:00+00:00", at(2025, 1, 8, 12h)},
        {"2025-01-08T12:00:00-00:00", at(2025, 1, 8, 12h)},
        {"2025-01-08T12:00:00+03:00", at(2025, 1, 8, 9h)},
        {"2025-01-08T12:00:00-05:30", at(2025, 1, 8, 17h + 30min)},
        {"2025-01-01T00:30:00+01:00", at(2024, 12, 31, 23h + 30min)},
        {"2024-12-31T23:59:59-23:59", at(2025, 1, 1, 23h + 58min + 59s)},
        {"2024-02-29T00:00:00Z", at(2024, 2, 29)},
        {"2000-02-29T00:00:00Z", at(2000, 2, 29)},
        {"0001-01-01T00:00:00Z", at(1, 1, 1)},
        {"9999-12-31T23:59:59.999999Z", at(9999, 12, 31, 24h - 1us)},
    };
    for (const auto& row : table) {
        CAPTURE(row.first);
        CHECK(parse_rfc3339(row.first) == row.second);
    }
}

TEST_CASE("a leap second is the first second of the next minute") {
    CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == at(2017, 1, 1));
    CHECK(parse_rfc3339("2017-01-01T00:59:60.25+01:00") == at(2017, 1, 1, 250ms));
}

TEST_CASE("a malformed date-time is refused") {
    for (const char* text : {"",
                             "2025-01-08",
                             "12:00:00Z",
                             "2025-01-08T12:00Z",
                             "2025-01-08T12:00:00",
                             "2025-01-08T12:00:00ZZ",
                             "2025-01-08T12:00:00Z ",
                             " 2025-01-08T12:00:00Z",
                             "2025-01-08X12:00:00Z",
                             "2025/01/08T12:00:00Z",
                             "20250108T120000Z",
                             "25-01-08T12:00:00Z",
                             "+2025-01-08T12:00:00Z",
                             "-025-01-08T12:00:00Z",
                             "2025-1-08T12:00:00Z",
                             "2025-00-08T12:00:00Z",
                             "2025-13-08T12:00:00Z",
                             "2025-01-00T12:00:00Z",
                             "2025-01-32T12:00:00Z",
                             "2025-02-29T12:00:00Z",
                             "1900-02-29T12:00:00Z",
                             "2025-04-31T12:00:00Z",
                             "2025-01-08T24:00:00Z",
                             "2025-01-08T12:60:00Z",
                             "2025-01-08T12:00:61Z",
                             "2025-01-08T12:00:00.Z",
                             "2025-01-08T12:00:00,5Z",
                             "2025-01-08T12:00:00.5",
                             "2025-01-08T12:00:00.-5Z",
                             "2025-01-08T12:00:00+24:00",
                             "2025-01-08T12:00:00+01:60",
                             "2025-01-08T12:00:00+0100",
                             "2025-01-08T12:00:00+01",
                             "2025-01-08T1a:00:00Z",
                             "2025-01-08T12:00:00\xD9\xA0Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
    CHECK_FALSE(parse_rfc3339(std::string_view("2025-01-08T12:00:00Z\0", 21)));
}

TEST_CASE("a written time reads back unchanged") {
    for (const auto time : {at(1970, 1, 1), at(2025, 1, 8, 13h + 7us), at(1900, 3, 1, -1us),
                            at(2024, 2, 29, 86'399'999'999us), at(9999, 12, 31)}) {
        CHECK(parse_rfc3339(to_rfc3339(time)) == time);
    }
}

} // namespace
