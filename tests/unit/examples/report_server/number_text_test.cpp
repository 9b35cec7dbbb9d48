#include "number_text.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace report_server;
using namespace std::chrono;

TEST_SUITE("number text") {
    TEST_CASE("groups thousands") {
        CHECK(grouped(std::int64_t{0}) == "0");
        CHECK(grouped(std::int64_t{999}) == "999");
        CHECK(grouped(std::int64_t{1000}) == "1,000");
        CHECK(grouped(std::int64_t{-999}) == "-999");
        CHECK(grouped(std::int64_t{-123456}) == "-123,456");
        CHECK(grouped(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
    }

    TEST_CASE("groups money and keeps its cents") {
        CHECK(grouped(Money::from_thousandths(560000260)) == "560,000.26");
        CHECK(grouped(Money::from_thousandths(-999999)) == "-1,000.00");
        CHECK(grouped(Money::from_thousandths(-5)) == "0.00");
    }

    TEST_CASE("writes dates") {
        CHECK(long_date(year{2011} / 1 / 31) == "31 January 2011");
        CHECK(day_and_month(year{2011} / 9 / 1) == "1 Sep");
        CHECK(short_month(December) == "Dec");
    }

    TEST_CASE("states a share to a tenth of a per cent") {
        const auto whole = Money::from_thousandths(3000);
        CHECK(share(whole, whole) == "100.0 %");
        CHECK(share(Money::from_thousandths(1000), whole) == "33.3 %");
        CHECK(share(Money::from_thousandths(-1000), whole) == "-33.3 %");
        CHECK(share(Money::from_thousandths(-1), whole) == "0.0 %");
        CHECK(share(whole, Money{}) == "-");
        CHECK(share(whole, Money::from_thousandths(-1)) == "-");
    }
}
