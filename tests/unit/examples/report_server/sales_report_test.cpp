#include "sales_report.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace report_server;
using namespace std::chrono;

namespace {

constexpr Period january{year{2011} / 1 / 1, year{2011} / 1 / 31};

OrderLine line(std::string_view invoice_no, std::string_view country, sys_seconds time,
               std::int64_t quantity = 1, std::int64_t thousandths = 1000) {
    OrderLine order;
    order.invoice_no = invoice_no;
    order.country = country;
    order.invoiced_at = time;
    order.quantity = quantity;
    order.unit_price = Money::from_thousandths(thousandths);
    return order;
}

sys_seconds on(int day, int month = 1) { return sys_days{year{2011} / month / day} + 12h; }

} // namespace

TEST_SUITE("sales report") {
    TEST_CASE("sums lines, units and exact revenue by country and overall") {
        SalesAggregator aggregator{january};
        aggregator.add(line("1", "EIRE", on(3), 3, 1));
        aggregator.add(line("1", "EIRE", on(3), 2, 2550));
        aggregator.add(line("2", "Spain", on(4), 10, 50));
        const SalesReport report = aggregator.report();

        REQUIRE(report.countries.size() == 2);
        CHECK(report.countries[0].country == "EIRE");
        CHECK(report.countries[0].figures.lines == 2);
        CHECK(report.countries[0].figures.units == 5);
        CHECK(report.countries[0].figures.revenue == Money::from_thousandths(5103));
        CHECK(report.countries[1].country == "Spain");
        CHECK(report.countries[1].figures.revenue == Money::from_thousandths(500));
        CHECK(report.total.lines == 3);
        CHECK(report.total.units == 15);
        CHECK(report.total.revenue == Money::from_thousandths(5603));
    }

    TEST_CASE("counts each invoice number once, even if its lines are not adjacent") {
        SalesAggregator aggregator{january};
        for (const char* number : {"1", "2", "1", "2", "3"})
            aggregator.add(line(number, "EIRE", on(3)));
        CHECK(aggregator.report().countries[0].figures.invoices == 3);
        CHECK(aggregator.report().total.invoices == 3);
    }

    TEST_CASE("an invoice of two countries counts for each, but once overall") {
        SalesAggregator aggregator{january};
        aggregator.add(line("1", "EIRE", on(3)));
        aggregator.add(line("1", "Spain", on(3)));
        const SalesReport report = aggregator.report();
        CHECK(report.countries[0].figures.invoices == 1);
        CHECK(report.countries[1].figures.invoices == 1);
        CHECK(report.total.invoices == 1);
    }

    TEST_CASE("a cancellation is a separate invoice and subtracts units and revenue") {
        SalesAggregator aggregator{january};
        aggregator.add(line("1", "EIRE", on(3), 5));
        aggregator.add(line("C1", "EIRE", on(4), -7));
        const SalesReport report = aggregator.report();
        CHECK(report.total.invoices == 2);
        CHECK(report.total.units == -2);
        CHECK(to_string(report.total.revenue) == "-2.00");
    }

    TEST_CASE("the period includes its first and its last second, and no line outside") {
        SalesAggregator aggregator{january};
        const sys_seconds first = sys_days{january.from};
        const sys_seconds after = sys_days{january.to} + days{1};
        aggregator.add(line("1", "before", first - 1s));
        aggregator.add(line("2", "first", first));
        aggregator.add(line("3", "last", after - 1s));
        aggregator.add(line("4", "after", after));
        const SalesReport report = aggregator.report();
        REQUIRE(report.countries.size() == 2);
        CHECK(report.countries[0].country == "first");
        CHECK(report.countries[1].country == "last");
        CHECK(report.days.front().revenue == Money::from_thousandths(1000));
        CHECK(report.days.back().revenue == Money::from_thousandths(1000));
    }

    TEST_CASE("has every day of the period, those without orders at zero") {
        SalesAggregator aggregator{{year{2012} / 2 / 28, year{2012} / 3 / 1}};
        aggregator.add(line("1", "EIRE", sys_days{year{2012} / 2 / 29} + 1h, 4, 250));
        const auto report = aggregator.report();
        REQUIRE(report.days.size() == 3);
        CHECK(report.days[0].day == sys_days{year{2012} / 2 / 28});
        CHECK(report.days[0].revenue == Money{});
        CHECK(report.days[1].revenue == Money::from_thousandths(1000));
        CHECK(report.days[2].day == sys_days{year{2012} / 3 / 1});
    }

    TEST_CASE("countries go by revenue downwards, then by name") {
        SalesAggregator aggregator{january};
        for (const char* country : {"Spain", "Austria", "Malta"})
            aggregator.add(line("1", country, on(3)));
        aggregator.add(line("2", "Japan", on(3), -1));
        aggregator.add(line("3", "Norway", on(3), 2));
        std::string order;
        for (const auto& country : aggregator.report().countries) order += country.country + ' ';
        CHECK(order == "Norway Austria Malta Spain Japan ");
    }

    TEST_CASE("is empty without an order line in the period") {
        SalesAggregator aggregator{january};
        aggregator.add(line("1", "EIRE", on(1, 2)));
        CHECK(aggregator.report().empty());
        aggregator.add(line("2", "EIRE", on(1)));
        CHECK_FALSE(aggregator.report().empty());
    }

    TEST_CASE("refuses a period that is impossible, backwards or longer than ten years") {
        const auto refuse = [](year_month_day from, year_month_day to) {
            CHECK_THROWS_AS(SalesAggregator(Period{from, to}), std::invalid_argument);
        };
        refuse(year{2011} / 2 / 30, year{2011} / 3 / 1);
        refuse(year{2011} / 1 / 2, year{2011} / 1 / 1);
        refuse(year{2000} / 1 / 1, year{2012} / 1 / 1);
        const sys_days first = year{2000} / 1 / 1;
        refuse(first, first + longest_period);
        SalesAggregator longest{{first, first + longest_period - days{1}}};
        CHECK(longest.report().days.size() == static_cast<std::size_t>(longest_period.count()));
    }

    TEST_CASE("a sum beyond 64 bits is an error") {
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        SalesAggregator aggregator{january};
        aggregator.add(line("1", "EIRE", on(3), most, 1));
        CHECK_THROWS_AS(aggregator.add(line("2", "EIRE", on(3), 1, 0)), std::overflow_error);
        CHECK_THROWS_AS(aggregator.add(line("3", "Spain", on(3), most, 2)), std::overflow_error);
    }
}
