#include "order_fields.hpp"

#include <doctest/doctest.h>

using namespace report_server;
using namespace std::chrono;

namespace {

std::int64_t thousandths(std::string_view text) { return parse_price(text).value().thousandths(); }

} // namespace

TEST_SUITE("order fields") {
    TEST_CASE("a price has up to three decimals and may be negative") {
        CHECK(thousandths("2.55") == 2550);
        CHECK(thousandths("0.001") == 1);
        CHECK(thousandths("7") == 7000);
        CHECK(thousandths("18.0") == 18000);
        CHECK(thousandths("-11062.06") == -11062060);
    }

    TEST_CASE("any other text is no price") {
        for (const char* text :
             {"", "-", ".", ".5", "5.", "1.2345", "1,5", "+1", "1e3", " 1", "1 ", "--1", "1.-5",
              "0x1", "nan", "9223372036854775.808", "99999999999999999999"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_price(text));
        }
    }

    TEST_CASE("a quantity is a whole number") {
        CHECK(parse_quantity("6") == 6);
        CHECK(parse_quantity("-80995") == -80995);
        for (const char* text : {"", "-", "6.0", "+6", " 6", "6 ", "six", "9223372036854775808"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_quantity(text));
        }
    }

    TEST_CASE("a time is RFC 3339 in UTC") {
        CHECK(parse_utc_time("1970-01-01T00:00:01Z") == sys_seconds{1s});
        CHECK(parse_utc_time("2010-12-01T08:26:00Z") == sys_seconds{1291191960s});
        CHECK(parse_utc_time("2012-02-29T23:59:59Z") == sys_seconds{1330559999s});
        for (const char* text :
             {"", "2010-12-01", "2010-12-01T08:26:00", "2010-12-01 08:26:00Z",
              "2010-12-01T08:26:00+00:00", "2011-02-29T00:00:00Z", "2010-13-01T00:00:00Z",
              "2010-00-01T00:00:00Z", "2010-12-00T00:00:00Z", "2010-12-01T24:00:00Z",
              "2010-12-01T23:60:00Z", "2010-12-01T23:59:60Z", "2010-12-01T-1:00:00Z"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_utc_time(text));
        }
    }

    TEST_CASE("dates and times are written as they are read") {
        CHECK(to_string(year{2011} / 1 / 31) == "2011-01-31");
        CHECK(to_string(sys_seconds{1291191960s}) == "2010-12-01T08:26:00Z");
        CHECK(parse_date("2011-01-31") == year{2011} / 1 / 31);
        CHECK_FALSE(parse_date("2011-02-30"));
        CHECK_FALSE(parse_date("2011-1-31"));
    }
}
