#pragma once

#include "sales_report.hpp"

#include <string>
#include <utility>

namespace report_server::testing {

/// A report over `days` days from 1 January 2011 with the given countries, each with one invoice of
/// two lines and three units.
inline SalesReport sample_report(std::vector<std::pair<std::string, Money>> countries,
                                 int days = 31) {
    const std::chrono::sys_days first{std::chrono::year{2011} / 1 / 1};
    SalesReport report;
    report.period = {first, first + std::chrono::days{days - 1}};
    for (int day = 0; day < days; ++day)
        report.days.push_back(
            {first + std::chrono::days{day}, Money::from_thousandths(day * 1000)});
    for (auto& [country, revenue] : countries) {
        report.total.revenue += revenue;
        report.countries.push_back(
            {std::move(country), {.invoices = 1, .lines = 2, .units = 3, .revenue = revenue}});
    }
    const auto count = static_cast<std::int64_t>(report.countries.size());
    report.total.invoices = count;
    report.total.lines = 2 * count;
    report.total.units = 3 * count;
    return report;
}

} // namespace report_server::testing
