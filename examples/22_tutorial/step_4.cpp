// Step 4 of docs/tutorial.md: PostgreSQL, and several processes. Usage: step_4 STORE [PORT]

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <csignal>
#include <iostream>

namespace http = asyncjobs::http;

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

bool is_month(const std::string& text) {
    return asyncjobs::parse_rfc3339(text + "-01T00:00:00Z").has_value();
}

void check_month(SalesReport& in, asyncjobs::NewJob&, const http::Call&, http::Violations& wrong) {
    if (!is_month(in.month)) wrong.add("/month", "must be a month as in \"2011-01\"");
}

void add_routes(http::JobApi& api) {
    api.submit_route<SalesReport>(
        "/reports", {.required = {"month"},
                     .prepare = check_month,
                     .result_schema = asyncjobs::json::schema_of_serialized<Report>()});
}

/// Blocks SIGTERM and SIGINT in this thread and the threads that it starts.
sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

void write_log(const asyncjobs::LogEntry& entry) { std::cerr << entry.message + '\n'; }

int main(int argc, char** argv) {
    using namespace std::chrono_literals;
    const auto signals = block_stop_signals();
    const std::string url = argc > 1 ? argv[1] : "sqlite:reports.db";
    const auto store = asyncjobs::open_store(url);
    asyncjobs::Executor executor(*store, {.log = write_log});
    executor.handle<SalesReport>(make_report);
    executor.start();

    asyncjobs::Client client(*store);
    http::JobApi api(client, {.allow_anonymous = true, .openapi = {.title = "Sales reports"}});
    add_routes(api);
    const int port = argc > 2 ? std::stoi(argv[2]) : 8080;
    asyncjobs::beast::Server server(api, {.port = static_cast<std::uint16_t>(port)});
    server.start();
    std::cout << "listening on http://127.0.0.1:" << server.port() << std::endl;

    int signal = 0;
    sigwait(&signals, &signal);
    server.stop(10s);
    executor.stop(20s);
}
