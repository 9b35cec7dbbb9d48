#include "money.hpp"

#include <doctest/doctest.h>

#include <limits>

using report_server::Money;

namespace {

std::string shown(std::int64_t thousandths) {
    return to_string(Money::from_thousandths(thousandths));
}

constexpr auto most = Money::from_thousandths(std::numeric_limits<std::int64_t>::max());
constexpr auto least = Money::from_thousandths(std::numeric_limits<std::int64_t>::min());

} // namespace

TEST_SUITE("money") {
    TEST_CASE("is shown with two decimals") {
        CHECK(shown(560000260) == "560000.26");
        CHECK(shown(0) == "0.00");
        CHECK(shown(50) == "0.05");
        CHECK(shown(1000) == "1.00");
        CHECK(shown(-10) == "-0.01");
        CHECK(shown(-1234560) == "-1234.56");
    }

    TEST_CASE("rounds half a cent to the even cent") {
        CHECK(shown(5) == "0.00");
        CHECK(shown(15) == "0.02");
        CHECK(shown(25) == "0.02");
        CHECK(shown(35) == "0.04");
        CHECK(shown(-15) == "-0.02");
        CHECK(shown(-25) == "-0.02");
    }

    TEST_CASE("rounds other amounts to the nearest cent") {
        CHECK(shown(4) == "0.00");
        CHECK(shown(6) == "0.01");
        CHECK(shown(24) == "0.02");
        CHECK(shown(26) == "0.03");
        CHECK(shown(-26) == "-0.03");
        CHECK(shown(9996) == "10.00");
    }

    TEST_CASE("never shows a negative zero") {
        CHECK(shown(-1) == "0.00");
        CHECK(shown(-5) == "0.00");
    }

    TEST_CASE("shows the ends of its range") {
        CHECK(to_string(most) == "9223372036854775.81");
        CHECK(to_string(least) == "-9223372036854775.81");
    }

    TEST_CASE("multiplies a price by a quantity exactly") {
        CHECK(Money::from_thousandths(1) * 3 == Money::from_thousandths(3));
        CHECK(Money::from_thousandths(2550) * -6 == Money::from_thousandths(-15300));
    }

    TEST_CASE("a sum beyond 64 bits is an error, not a wrong number") {
        CHECK_THROWS_AS(most + Money::from_thousandths(1), std::overflow_error);
        CHECK_THROWS_AS(least + Money::from_thousandths(-1), std::overflow_error);
        CHECK_THROWS_AS(most * 2, std::overflow_error);
        CHECK_THROWS_AS(least * -1, std::overflow_error);
    }
}
