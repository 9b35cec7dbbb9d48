#include "options.hpp"
#include "order_generator.hpp"
#include "report_api.hpp"
#include "report_job.hpp"

#include <asyncjobs/auth/bearer_tokens.hpp>
#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>

namespace {

using namespace report_server;
using asyncjobs::auth::BearerTokens;
using namespace std::chrono_literals;

void log(const asyncjobs::LogEntry& entry) {
    const auto about =
        entry.job == asyncjobs::JobId() ? "" : fmt::format(" [{}]", entry.job.text());
    fmt::print(stderr, "{}{}\n", entry.message, about);
}

asyncjobs::http::OpenApiOptions description() {
    return {.title = "Sales reports",
            .info = asyncjobs::JsonText::parse(
                R"({"description": "Reports on sales, made in the background.",
                    "license": {"name": "Boost Software License 1.0",
                                "url": "https://www.boost.org/LICENSE_1_0.txt"}})")};
}

/// SIGTERM and SIGINT, to be waited for instead of handled: blocked in this thread and those that
/// it starts.
sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

/// Returns when a stop signal comes; calls `every_minute` meanwhile.
template <typename Function>
void wait_for(const sigset_t& signals, Function every_minute) {
    const timespec minute{.tv_sec = 60, .tv_nsec = 0};
    while (sigtimedwait(&signals, nullptr, &minute) < 0) every_minute();
}

std::filesystem::path orders_of(const Options& options) {
    if (!options.orders.empty()) return options.orders;
    const auto invented = options.files / "orders-2011.csv.gz";
    if (!std::filesystem::exists(invented)) generate_orders(invented, {.invoices_per_day = 100});
    return invented;
}

void serve(const Options& options) {
    const auto signals = block_stop_signals();
    const FileStore files(options.files);
    const auto secret = load_or_create_secret(options.files / "secret");
    const UrlSigner signer(secret);
    const auto store = asyncjobs::open_store(options.store);

    asyncjobs::Executor executor(
        *store, {.queues = {"reports"},
                 .concurrency = options.workers,
                 .lease_for = options.lease,
                 .rescue_every = std::min<asyncjobs::Duration>(options.lease / 2, 5s),
                 .log = log});
    executor.handle<SalesReportJob>(ReportMaker(files, secret,
                                                {.orders = orders_of(options),
                                                 .files_url = options.public_url,
                                                 .retention = options.retention}));
    asyncjobs::Client client(*store);
    asyncjobs::http::JobApi api(client,
                                {.public_base_url = options.public_url,
                                 .authenticator = BearerTokens(BearerTokens::read(options.tokens)),
                                 .openapi = description(),
                                 .log = log});
    add_report_route(api, options.retention);
    add_file_route(api, files, signer);
    asyncjobs::beast::Server server(api,
                                    {.address = options.address, .port = options.port, .log = log});

    executor.start();
    server.start();
    const bool ipv6 = options.address.find(':') != std::string::npos;
    fmt::print("listening on http://{}:{}\n", ipv6 ? '[' + options.address + ']' : options.address,
               server.port());
    std::fflush(stdout);

    // A report outlives its job by a little, so that no link leads nowhere.
    wait_for(signals, [&] { files.remove_older_than(options.retention + 1h); });
    server.stop(10s);
    executor.stop(20s);
}

} // namespace

int main(int argc, char** argv) {
    int exit_code = 0;
    const auto options = parse_command_line(argc, argv, exit_code);
    if (!options) return exit_code;
    try {
        serve(*options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}\n", argv[0], error.what());
        return 1;
    }
}
