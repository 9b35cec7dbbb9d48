#include "jobs.hpp"

#include <fmt/format.h>

using namespace std::chrono_literals;

namespace {

std::string month_before(asyncjobs::Timestamp time) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
    const auto month = day.year() / day.month() - std::chrono::months{1};
    return fmt::format("{:04}-{:02}", int(month.year()), unsigned(month.month()));
}

Report make_report(const OrdersOf& orders_of, const SalesReport& in,
                   asyncjobs::ProgressReporter& progress) {
    Report report{.month = in.month.empty() ? month_before(in.slot) : in.month};
    const auto amounts = orders_of(report.month);
    if (amounts.empty()) throw asyncjobs::JobFailure("no_orders", "The month has no orders yet.");
    for (const std::int64_t amount : amounts) {
        progress.report(report.orders, amounts.size(), "adding up orders");
        ++report.orders;
        report.total += amount;
    }
    return report;
}

} // namespace

void register_jobs(asyncjobs::Executor& executor, OrdersOf orders_of) {
    executor.handle<SalesReport>(
        [orders_of = std::move(orders_of)](const SalesReport& in,
                                           asyncjobs::ProgressReporter& progress) {
            return make_report(orders_of, in, progress);
        },
        {.retry = asyncjobs::RetryPolicy::list({1s, 1min, 10min})});
}
