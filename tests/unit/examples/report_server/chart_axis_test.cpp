#include "chart_axis.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace report_server;
using namespace std::chrono;

namespace {

Money units(std::int64_t units) { return Money::from_thousandths(units * 1000); }

std::string labels(const ValueAxis& axis) {
    std::string text;
    for (const ValueTick& tick : value_ticks(axis)) text += tick.label + ' ';
    return text;
}

std::string dates(year_month_day first, std::size_t days) {
    std::string text;
    for (const DateTick& tick : date_ticks(first, days, 13))
        text += tick.label + (tick.year.empty() ? "" : " " + tick.year) + ", ";
    return text;
}

} // namespace

TEST_SUITE("value axis") {
    TEST_CASE("uses the finest round step that needs at most the allowed ticks") {
        CHECK(labels(value_axis({}, units(67817), 6)) == "0 20,000 40,000 60,000 80,000 ");
        CHECK(labels(value_axis({}, units(54836), 6)) ==
              "0 10,000 20,000 30,000 40,000 50,000 60,000 ");
        CHECK(labels(value_axis({}, units(5), 6)) == "0 1 2 3 4 5 ");
        CHECK(labels(value_axis({}, units(30), 6)) == "0 5 10 15 20 25 30 ");
    }

    TEST_CASE("shows cents where units are too coarse, and nothing finer") {
        CHECK(labels(value_axis({}, Money::from_thousandths(750), 6)) ==
              "0.00 0.20 0.40 0.60 0.80 ");
        CHECK(labels(value_axis({}, Money::from_thousandths(1), 6)) == "0.00 0.01 ");
    }

    TEST_CASE("always contains zero") {
        CHECK(labels(value_axis(units(50), units(60), 6)) == "0 10 20 30 40 50 60 ");
        CHECK(labels(value_axis(units(-60), units(-50), 6)) == "-60 -50 -40 -30 -20 -10 0 ");
        CHECK(labels(value_axis(units(-300), units(200), 6)) == "-300 -200 -100 0 100 200 ");
    }

    TEST_CASE("spends less than a step on values just below zero") {
        const ValueAxis axis = value_axis(units(-1), units(100), 6);
        CHECK(axis.lowest == units(-1));
        CHECK(labels(axis) == "0 20 40 60 80 100 ");
    }

    TEST_CASE("has a scale for a chart of zeros") {
        const ValueAxis axis = value_axis({}, {}, 6);
        CHECK(axis.lowest == Money{});
        CHECK(axis.highest > Money{});
    }

    TEST_CASE("covers any values in the allowed steps") {
        for (std::int64_t highest = 1; highest < 1'000'000'000'000; highest = highest * 7 / 3 + 1) {
            for (const std::int64_t lowest :
                 {std::int64_t{0}, -highest / 50, -highest, -3 * highest}) {
                CAPTURE(highest);
                CAPTURE(lowest);
                const ValueAxis axis = value_axis(Money::from_thousandths(lowest),
                                                  Money::from_thousandths(highest), 6);
                CHECK(axis.lowest.thousandths() <= lowest);
                CHECK(axis.highest.thousandths() >= highest);
                CHECK(value_ticks(axis).size() <= 7);
                CHECK(value_ticks(axis).size() >= 2);
            }
        }
    }

    TEST_CASE("values near the end of 64 bits are an error, not an endless search") {
        const auto most = Money::from_thousandths(std::numeric_limits<std::int64_t>::max());
        CHECK_THROWS_AS(value_axis({}, most, 2), std::overflow_error);
    }
}

TEST_SUITE("date labels") {
    TEST_CASE("name the only day") { CHECK(dates(year{2011} / 11 / 11, 1) == "11 Nov 2011, "); }

    TEST_CASE("name each day of a week, and each second of three weeks") {
        CHECK(dates(year{2011} / 1 / 28, 7) ==
              "28 Jan 2011, 29 Jan, 30 Jan, 31 Jan, 1 Feb, 2 Feb, 3 Feb, ");
        CHECK(dates(year{2011} / 1 / 1, 20).starts_with("1 Jan 2011, 3 Jan, 5 Jan, "));
    }

    TEST_CASE("name the Mondays of a month") {
        CHECK(dates(year{2011} / 1 / 1, 31) == "3 Jan 2011, 10 Jan, 17 Jan, 24 Jan, 31 Jan, ");
        CHECK(dates(year{2011} / 8 / 1, 31) == "1 Aug 2011, 8 Aug, 15 Aug, 22 Aug, 29 Aug, ");
    }

    TEST_CASE("name the months of a year, and the year where it begins") {
        CHECK(dates(year{2011} / 1 / 1, 365) ==
              "Jan 2011, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec, ");
        CHECK(
            dates(year{2010} / 7 / 15, 365).starts_with("Aug 2010, Sep, Oct, Nov, Dec, Jan 2011"));
    }

    TEST_CASE("name every second month of two years") {
        CHECK(dates(year{2011} / 1 / 1, 731) ==
              "Jan 2011, Mar, May, Jul, Sep, Nov, Jan 2012, Mar, May, Jul, Sep, Nov, ");
    }

    TEST_CASE("are few, and never none, for any period") {
        for (std::size_t days = 1; days <= 3660; ++days) {
            CAPTURE(days);
            const auto ticks = date_ticks(sys_days{year{2010} / 12 / 9}, days, 13);
            REQUIRE_FALSE(ticks.empty());
            CHECK(ticks.size() <= 13);
            CHECK_FALSE(ticks.front().year.empty());
            CHECK(ticks.back().day_index < days);
        }
    }
}
