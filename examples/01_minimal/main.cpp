#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <iostream>

struct SalesReport {
    static constexpr std::string_view type = "sales_report";
    std::string month;
};
struct ReportFile {
    std::string url;
};
BOOST_DESCRIBE_STRUCT(SalesReport, (), (month))
BOOST_DESCRIBE_STRUCT(ReportFile, (), (url))
int main() {
    const auto store = asyncjobs::open_store("sqlite:jobs.db");
    asyncjobs::Executor executor{*store};
    executor.handle<SalesReport>([](const SalesReport& in, asyncjobs::ProgressReporter& progress) {
        for (int day = 1; day <= 31; ++day) progress.report(day, 31, "reading orders");
        return ReportFile{"/files/" + in.month + ".pdf"};
    });
    executor.start();
    asyncjobs::Client client{*store};
    const auto job = client.wait(client.submit(SalesReport{"2011-01"}).id, std::chrono::minutes{1});
    std::cout << to_string(job->status) << ": " << job->result.value().text() << '\n';
}
