// Step 1 of docs/tutorial.md: a typed job.

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

Report make_report(const SalesReport& in) {
    Report report{.month = in.month};
    std::uint32_t amount = 0;
    for (int day = 1; day <= 31; ++day)
        for (int order = 0; order < 1'000'000; ++order) { // invented until step 5
            amount = (amount * 1'664'525 + 1'013'904'223) % 10'000;
            ++report.orders;
            report.total += amount;
        }
    return report;
}

int main() {
    const auto store = asyncjobs::open_store("sqlite:reports.db");
    asyncjobs::Executor executor(*store);
    executor.handle<SalesReport>(make_report);
    executor.start();

    asyncjobs::Client client(*store);
    const auto job = client.submit(SalesReport{.month = "2011-01"});
    const auto report = client.wait_for<Report>(job.id, std::chrono::minutes{1});
    std::cout << report.value().orders << " orders in " << report->month << '\n';
}
