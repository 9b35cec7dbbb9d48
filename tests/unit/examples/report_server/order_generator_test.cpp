#include "order_generator.hpp"

#include "orders.hpp"
#include "sales_report.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

using namespace report_server;
using namespace std::chrono;

namespace {

SalesReport report_of(const std::filesystem::path& file) {
    SalesAggregator aggregator{{year{2011} / 1 / 1, year{2011} / 12 / 31}};
    read_orders(file, [&aggregator](const OrderLine& line) { aggregator.add(line); });
    return aggregator.report();
}

Money revenue_of(const SalesReport& report, month wanted) {
    Money sum;
    for (const auto& [day, revenue] : report.days)
        if (year_month_day{day}.month() == wanted) sum += revenue;
    return sum;
}

} // namespace

TEST_SUITE("order generator") {
    TEST_CASE("invents a year of plausible orders") {
        const ScratchDirectory directory;
        const auto count = generate_orders(directory / "orders.csv");
        const SalesReport report = report_of(directory / "orders.csv");

        CHECK(report.total.lines == count);
        CHECK(count > 80'000);
        CHECK(count < 120'000);
        CHECK(report.countries.size() >= 12);
        CHECK(report.countries.front().figures.lines > report.total.lines / 2);
        CHECK(revenue_of(report, November) > revenue_of(report, February));
        for (const auto& [day, revenue] : report.days)
            if (weekday{day} == Saturday) CHECK(revenue == Money{});
    }

    TEST_CASE("cancels some invoices, and quotes some descriptions") {
        const ScratchDirectory directory;
        generate_orders(directory / "orders.csv");
        int cancelled = 0;
        int quoted = 0;
        read_orders(directory / "orders.csv", [&](const OrderLine& line) {
            const bool is_cancellation = line.invoice_no.starts_with('C');
            if (is_cancellation != (line.quantity < 0)) FAIL("the quantity has the wrong sign");
            cancelled += is_cancellation;
            quoted += line.description.find(", \"") != std::string_view::npos;
        });
        CHECK(cancelled > 100);
        CHECK(quoted > 100);
    }

    TEST_CASE("times rise from the first line to the last") {
        const ScratchDirectory directory;
        generate_orders(directory / "orders.csv", {.invoices_per_day = 2});
        sys_seconds last{};
        bool rising = true;
        read_orders(directory / "orders.csv", [&](const OrderLine& line) {
            rising = rising && line.invoiced_at >= last;
            last = line.invoiced_at;
        });
        CHECK(rising);
        CHECK(last > sys_days{year{2011} / 12 / 1});
    }

    TEST_CASE("the same options give the same file, another seed another one") {
        const ScratchDirectory directory;
        generate_orders(directory / "one.csv", {.seed = 7, .invoices_per_day = 2});
        generate_orders(directory / "two.csv", {.seed = 7, .invoices_per_day = 2});
        generate_orders(directory / "three.csv", {.seed = 8, .invoices_per_day = 2});
        CHECK(content_of(directory / "one.csv") == content_of(directory / "two.csv"));
        CHECK(content_of(directory / "one.csv") != content_of(directory / "three.csv"));
    }

    TEST_CASE("compresses if the file's name ends in .gz") {
        const ScratchDirectory directory;
        const OrderGeneratorOptions options{.invoices_per_day = 2};
        const auto count = generate_orders(directory / "orders.csv", options);
        CHECK(generate_orders(directory / "orders.csv.gz", options) == count);
        CHECK(content_of(directory / "orders.csv.gz").starts_with("\x1F\x8B"));
        CHECK(content_of(directory / "orders.csv").starts_with("invoice_no,"));
        CHECK(report_of(directory / "orders.csv.gz").total.lines == count);
    }

    TEST_CASE("follows the year it is given") {
        const ScratchDirectory directory;
        generate_orders(directory / "orders.csv", {.year = 2012, .invoices_per_day = 1});
        read_orders(directory / "orders.csv", [](const OrderLine& line) {
            const year_month_day date{floor<days>(line.invoiced_at)};
            if (date.year() != year{2012}) FAIL("an order outside the year");
        });
        CHECK_THROWS_AS(generate_orders(directory / "x.csv", {.year = 0}), std::invalid_argument);
        CHECK_THROWS_AS(generate_orders(directory / "x.csv", {.invoices_per_day = -1}),
                        std::invalid_argument);
        CHECK(directory.file_count() == 1);
    }

    TEST_CASE("leaves nothing behind when the file can't be written") {
        const ScratchDirectory directory;
        CHECK_THROWS_WITH_AS(generate_orders(directory / "missing/orders.csv"),
                             doctest::Contains("orders.csv"), std::system_error);
        std::filesystem::create_directory(directory / "taken.csv");
        CHECK_THROWS_AS(generate_orders(directory / "taken.csv", {.invoices_per_day = 1}),
                        std::system_error);
        CHECK(directory.file_count() == 1);
    }
}
