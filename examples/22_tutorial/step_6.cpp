// Step 6 of docs/tutorial.md: retries and limits. Usage: step_6 STORE [PORT]

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/soci/host_transaction.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <soci/soci.h>

#include <csignal>
#include <iostream>

namespace http = asyncjobs::http;
using namespace std::chrono_literals;

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

std::vector<std::int64_t> orders_of(const std::string& url, const std::string& month) {
    soci::session session("postgresql", url);
    const soci::rowset<std::int64_t> amounts =
        (session.prepare << "SELECT amount FROM orders WHERE month = :month", soci::use(month));
    return {amounts.begin(), amounts.end()};
}

Report make_report(const std::string& url, const SalesReport& in,
                   asyncjobs::ProgressReporter& progress) {
    Report report{.month = in.month};
    const auto amounts = orders_of(url, in.month);
    if (amounts.empty()) throw asyncjobs::JobFailure("no_orders", "The month has no orders yet.");
    for (const std::int64_t amount : amounts) {
        progress.report(report.orders, amounts.size(), "adding up orders");
        ++report.orders;
        report.total += amount;
    }
    return report;
}

bool is_month(const std::string& text) {
    return asyncjobs::parse_rfc3339(text + "-01T00:00:00Z").has_value();
}

void check_month(SalesReport& in, asyncjobs::NewJob&, const http::Call&, http::Violations& wrong) {
    if (!is_month(in.month)) wrong.add("/month", "must be a month as in \"2011-01\"");
}

/// Closes a month and submits its report, in one transaction.
http::Response close_month(const std::string& url, const http::Call& call) {
    const std::string& month = *call.path.find("month");
    if (!is_month(month)) throw http::Problem(404, "not_found", "There is no such month.");
    soci::session session("postgresql", url);
    soci::transaction transaction(session);
    soci::statement close =
        (session.prepare << "INSERT INTO closed_months VALUES (:month) ON CONFLICT DO NOTHING",
         soci::use(month));
    close.execute(true);
    if (close.get_affected_rows() == 0)
        throw http::Problem(409, "already_closed", "The month is already closed.");
    const auto job =
        asyncjobs::submit(session, SalesReport{month}, {.owner = call.principal.owner});
    transaction.commit();
    return {.status = 202, .headers = {{"Location", "/v1/jobs/" + std::string(job.id.text())}}};
}

void add_routes(http::JobApi& api, const std::string& url) {
    api.submit_route<SalesReport>(
        "/reports", {.job = {.max_attempts = 10, .timeout = 5min},
                     .required = {"month"},
                     .prepare = check_month,
                     .result_schema = asyncjobs::json::schema_of_serialized<Report>()});
    api.route("POST", "/months/{month}/close",
              [url](const http::Call& call) { return close_month(url, call); });
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
    const auto signals = block_stop_signals();
    const std::string url = argc > 1 ? argv[1] : "postgresql:///reports?application_name=reports";
    const auto store = asyncjobs::open_store(url);
    asyncjobs::Executor executor(*store, {.log = write_log});
    executor.handle<SalesReport>(
        [url](const SalesReport& in, asyncjobs::ProgressReporter& progress) {
            return make_report(url, in, progress);
        },
        {.retry = asyncjobs::RetryPolicy::list({1s, 1min, 10min})});
    executor.start();

    asyncjobs::Client client(*store);
    client.set_limit({.name = "reports", .type = SalesReport::type, .concurrency = 2});
    http::JobApi api(client, {.allow_anonymous = true, .openapi = {.title = "Sales reports"}});
    add_routes(api, url);
    const int port = argc > 2 ? std::stoi(argv[2]) : 8080;
    asyncjobs::beast::Server server(api, {.port = static_cast<std::uint16_t>(port)});
    server.start();
    std::cout << "listening on http://127.0.0.1:" << server.port() << std::endl;

    int signal = 0;
    sigwait(&signals, &signal);
    server.stop(10s);
    executor.stop(20s);
}
