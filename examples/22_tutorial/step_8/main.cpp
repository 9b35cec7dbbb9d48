// The service of docs/tutorial.md, configured by the environment.

#include "jobs.hpp"

#include <asyncjobs/auth/bearer_tokens.hpp>
#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/soci/host_transaction.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <soci/soci.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

namespace http = asyncjobs::http;
using namespace std::chrono_literals;

namespace {

std::vector<std::int64_t> orders_of(const std::string& url, const std::string& month) {
    soci::session session("postgresql", url);
    const soci::rowset<std::int64_t> amounts =
        (session.prepare << "SELECT amount FROM orders WHERE month = :month", soci::use(month));
    return {amounts.begin(), amounts.end()};
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
        asyncjobs::submit(session, SalesReport{.month = month}, {.owner = call.principal.owner});
    transaction.commit();
    return {.status = 202, .headers = {{"Location", "/v1/jobs/" + std::string(job.id.text())}}};
}

void add_routes(http::JobApi& api, const std::string& url) {
    api.submit_route<SalesReport>(
        "/reports", {.job = {.max_attempts = 10, .timeout = 5min},
                     .required = {"month"},
                     .set_by_host = {"slot"},
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

std::string setting(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value ? value : otherwise;
}

void serve() {
    const auto signals = block_stop_signals();
    const auto url = setting("REPORTS_STORE", "postgresql:///reports?application_name=reports");
    const auto store = asyncjobs::open_store(url);
    asyncjobs::Executor executor(*store, {.log = write_log});
    register_jobs(executor, [url](const std::string& month) { return orders_of(url, month); });
    executor.start();

    asyncjobs::Scheduler scheduler(*store, {.log = write_log});
    scheduler.set("monthly", SalesReport{},
                  {.cron = asyncjobs::Cron("0 6 1 * *", "Europe/Berlin"), .slot_member = "slot"});
    scheduler.start();

    asyncjobs::Client client(*store);
    client.set_limit({.name = "reports", .type = SalesReport::type, .concurrency = 2});
    const asyncjobs::auth::BearerTokens tokens(
        asyncjobs::auth::BearerTokens::read(setting("REPORTS_TOKENS", "/etc/reports/tokens")));
    http::JobApi api(client, {.authenticator = tokens,
                              .authenticator_blocks = false,
                              .openapi = {.title = "Sales reports"},
                              .log = write_log});
    add_routes(api, url);
    const int port = std::stoi(setting("REPORTS_PORT", "8080"));
    asyncjobs::beast::Server server(api, {.address = setting("REPORTS_ADDRESS", "127.0.0.1"),
                                          .port = static_cast<std::uint16_t>(port),
                                          .log = write_log});
    server.start();
    std::cout << "listening on port " << server.port() << std::endl;

    int signal = 0;
    sigwait(&signals, &signal);
    scheduler.stop();
    server.stop(10s);
    executor.stop(20s);
}

} // namespace

int main() {
    try {
        serve();
    } catch (const std::exception& error) {
        std::cerr << "reports: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
