// Step 2 of docs/tutorial.md: progress.

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <iostream>

struct SalesReport {
    static constexpr std::string_view type = "sales_report";
    std::string month;
};
BOOST_DESCRIBE_STRUCT(SalesReport, (), (month))

struct Report {
    std::string month;
    std::int64_t orders = 0, total = 0; // total in cents
};
BOOST_DESCRIBE_STRUCT(Report, (), (month, orders, total))

Report make_report(const SalesReport& in, asyncjobs::ProgressReporter& progress) {
    Report report{.month = in.month};
    std::uint32_t amount = 0;
    for (int day = 1; day <= 31; ++day) {
        progress.report(day - 1, 31, "reading day " + std::to_string(day));
        for (int order = 0; order < 1'000'000; ++order) { // invented until step 5
            amount = (amount * 1'664'525 + 1'013'904'223) % 10'000;
            ++report.orders;
            report.total += amount;
        }
    }
    return report;
}

int main() {
    const auto store = asyncjobs::open_store("sqlite:reports.db");
    asyncjobs::Executor executor(*store, {.report_every = std::chrono::milliseconds{20}});
    executor.handle<SalesReport>(make_report);
    executor.start();

    asyncjobs::Client client(*store);
    const auto job = client.submit(SalesReport{.month = "2011-01"});
    const auto watch = client.watch(job.id, [](const std::optional<asyncjobs::Job>& now) {
        if (now) std::cout << now->progress.percent << " % " << now->progress.message << std::endl;
    });
    const auto report = client.wait_for<Report>(job.id, std::chrono::minutes{1});
    std::cout << report.value().orders << " orders in " << report->month << std::endl;
}
