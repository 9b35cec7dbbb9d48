#include "order_fields.hpp"
#include "sales_report.hpp"

#include "needs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace report_server;

namespace {

struct ExpectedReport {
    std::string_view from;
    std::string_view to;
    std::int64_t invoices;
    std::int64_t lines;
    std::int64_t units;
    std::string_view revenue;
    std::size_t countries;
    std::string_view last_country;
    std::string_view last_revenue;
    std::string_view best_day;
    std::string_view best_revenue;
};

/// Computed from the same file with Python's csv and decimal modules.
constexpr ExpectedReport expected_reports[]{
    {"2010-12-01", "2010-12-31", 2025, 42481, 342228, "748957.02", 24, "Israel", "-227.44",
     "2010-12-01", "58635.56"},
    {"2011-01-01", "2011-01-31", 1476, 35147, 308966, "560000.26", 24, "Bahrain", "-205.74",
     "2011-01-11", "67817.13"},
    {"2011-02-01", "2011-02-28", 1393, 27707, 277989, "498062.65", 24, "Saudi Arabia", "145.92",
     "2011-02-15", "36842.58"},
    {"2011-03-01", "2011-03-31", 1983, 36748, 351872, "683267.08", 24, "Japan", "-73.66",
     "2011-03-29", "70531.47"},
    {"2011-04-01", "2011-04-30", 1744, 29916, 289098, "493207.12", 28, "Czech Republic", "-57.51",
     "2011-04-14", "35295.58"},
    {"2011-05-01", "2011-05-31", 2162, 37030, 380391, "723333.51", 21, "Denmark", "515.70",
     "2011-05-12", "59911.97"},
    {"2011-06-01", "2011-06-30", 2012, 36874, 341623, "691123.12", 26, "Austria", "-24.20",
     "2011-06-15", "46139.18"},
    {"2011-07-01", "2011-07-31", 1927, 39518, 391116, "681300.11", 24, "Netherlands", "26.02",
     "2011-07-28", "55706.88"},
    {"2011-08-01", "2011-08-31", 1737, 35284, 406199, "682680.51", 25, "Japan", "-49.79",
     "2011-08-11", "72132.79"},
    {"2011-09-01", "2011-09-30", 2327, 50226, 549817, "1019687.62", 23, "Hong Kong", "0.00",
     "2011-09-20", "109286.21"},
    {"2011-10-01", "2011-10-31", 2637, 60742, 570532, "1070704.67", 26, "Israel", "138.03",
     "2011-10-05", "75244.43"},
    {"2011-11-01", "2011-11-30", 3462, 84711, 740286, "1461756.25", 24, "Czech Republic", "-61.51",
     "2011-11-14", "112141.11"},
    {"2011-12-01", "2011-12-31", 1015, 25525, 226333, "433668.01", 21, "Japan", "-116.93",
     "2011-12-08", "81417.78"},
    {"2010-12-01", "2011-12-09", 25900, 541909, 5176450, "9747747.93", 38, "Saudi Arabia", "131.17",
     "2011-11-14", "112141.11"},
    {"2011-01-01", "2011-12-31", 23875, 499428, 4834222, "8998790.91", 37, "Saudi Arabia", "131.17",
     "2011-11-14", "112141.11"},
    {"2011-01-15", "2011-02-14", 1523, 31610, 272565, "512197.47", 25, "Norway", "334.40",
     "2011-01-21", "31978.44"},
    {"2011-03-31", "2011-04-01", 201, 2999, 33611, "55395.86", 8, "Czech Republic", "-57.51",
     "2011-03-31", "31004.08"},
    {"2011-11-11", "2011-11-11", 118, 4089, 28513, "54835.51", 7, "Sweden", "223.68", "2011-11-11",
     "54835.51"},
    {"2010-12-24", "2011-01-03", 0, 0, 0, "0.00", 0, "", "0.00", "", "0.00"},
};

DailyRevenue best_day(const SalesReport& report) {
    return *std::max_element(
        report.days.begin(), report.days.end(),
        [](const auto& one, const auto& other) { return one.revenue < other.revenue; });
}

void check_report(const SalesReport& report, const ExpectedReport& expected) {
    CAPTURE(expected.from);
    CAPTURE(expected.to);
    CHECK(report.total.invoices == expected.invoices);
    CHECK(report.total.lines == expected.lines);
    CHECK(report.total.units == expected.units);
    CHECK(to_string(report.total.revenue) == expected.revenue);
    REQUIRE(report.countries.size() == expected.countries);
    CHECK(to_string(best_day(report).revenue) == expected.best_revenue);
    if (report.empty()) return;
    CHECK(report.countries.back().country == expected.last_country);
    CHECK(to_string(report.countries.back().figures.revenue) == expected.last_revenue);
    CHECK(to_string(std::chrono::year_month_day{best_day(report).day}) == expected.best_day);
}

} // namespace

TEST_SUITE("real orders") {
    TEST_CASE("give the figures that an independent computation gives" * needs_orders) {
        std::vector<SalesAggregator> aggregators;
        for (const auto& expected : expected_reports)
            aggregators.emplace_back(
                Period{parse_date(expected.from).value(), parse_date(expected.to).value()});
        read_orders(needs_orders.value(), [&aggregators](const OrderLine& line) {
            for (auto& aggregator : aggregators) aggregator.add(line);
        });
        for (std::size_t index = 0; index < aggregators.size(); ++index)
            check_report(aggregators[index].report(), expected_reports[index]);
    }
}
