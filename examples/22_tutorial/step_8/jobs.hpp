#pragma once

#include <asyncjobs/asyncjobs.hpp>

struct SalesReport {
    static constexpr std::string_view type = "sales_report";
    std::string month = {}; // empty: the month before `slot`
    asyncjobs::Timestamp slot = {};
};
BOOST_DESCRIBE_STRUCT(SalesReport, (), (month, slot))

struct Report {
    std::string month;
    std::int64_t orders = 0, total = 0; // total in cents
};
BOOST_DESCRIBE_STRUCT(Report, (), (month, orders, total))

/// Returns the amounts of a month's orders. Several threads call it.
using OrdersOf = std::function<std::vector<std::int64_t>(const std::string& month)>;

void register_jobs(asyncjobs::Executor& executor, OrdersOf orders_of);
