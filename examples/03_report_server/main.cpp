#include "options.hpp"
#include "order_generator.hpp"
#include "report_api.hpp"
#include "report_job.hpp"

#include <asyncjobs/auth/bearer_tokens.hpp>
#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/files/s3_file_store.hpp>
#include <asyncjobs/operations/bulk.hpp>
#include <asyncjobs/operations/routes.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/webhooks/routes.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>

namespace {

using namespace report_server;
using asyncjobs::auth::BearerTokens;
using namespace std::chrono_literals;
namespace files = asyncjobs::files;

void log(const asyncjobs::LogEntry& entry) {
    const auto about =
        entry.job == asyncjobs::JobId() ? "" : fmt::format(" [{}]", entry.job.text());
    fmt::print(stderr, "{}{}\n", entry.message, about);
}

asyncjobs::http::OpenApiOptions description() {
    return {.title = "Sales reports",
            .info = asyncjobs::JsonText::parse(
                R"({"description": "Sales reports, made in the background.",
                    "license": {"name": "Boost Software License 1.0",
                                "url": "https://www.boost.org/LICENSE_1_0.txt"}})"),
            .webhooks = true};
}

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and the threads that it starts, and returns
/// them for sigwait().
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

std::filesystem::path orders_of(const Options& options) {
    if (!options.orders.empty()) return options.orders;
    const auto invented = options.files / "orders-2011.csv.gz";
    if (!std::filesystem::exists(invented)) generate_orders(invented, {.invoices_per_day = 100});
    return invented;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

files::S3Options s3_options(const Options& options) {
    return {.endpoint = options.s3_endpoint,
            .region = options.s3_region,
            .bucket = options.s3_bucket,
            .path_style = options.s3_path_style,
            .credentials = [] {
                return files::S3Credentials{environment("AWS_ACCESS_KEY_ID"),
                                            environment("AWS_SECRET_ACCESS_KEY"),
                                            environment("AWS_SESSION_TOKEN")};
            }};
}

asyncjobs::WebhookOptions webhook_options(const Options& options) {
    return {.status_url_prefix = options.public_url + "/v1/jobs/",
            .ports = options.webhook_ports,
            .allow_http = options.private_webhooks,
            .allow_private_addresses = options.private_webhooks};
}

void renew_certificate(asyncjobs::beast::Server& server) {
    try {
        server.reload_certificate();
    } catch (const asyncjobs::Error& error) {
        log({.level = asyncjobs::LogEntry::Level::error,
             .message = fmt::format("certificate not reloaded: {}", error.what())});
    }
}

void renew_tokens(BearerTokens& tokens, const std::filesystem::path& file) {
    try {
        tokens.replace(BearerTokens::read(file));
    } catch (const asyncjobs::Error& error) {
        log({.level = asyncjobs::LogEntry::Level::error,
             .message = fmt::format("tokens not reloaded: {}", error.what())});
    }
}

/// By the roles of the token's line in the file of tokens.
asyncjobs::operations::Rights rights_of(const asyncjobs::http::Principal& caller) {
    if (caller.has_role("admin")) return asyncjobs::operations::admin;
    if (caller.has_role("operator")) return asyncjobs::operations::job_operator;
    if (caller.has_role("viewer")) return asyncjobs::operations::viewer;
    return {};
}

void serve(const Options& options) {
    const auto signals = block_signals();
    if (std::filesystem::create_directories(options.files))
        std::filesystem::permissions(options.files, std::filesystem::perms::owner_all);
    const auto secret = files::load_or_create_secret(options.files / ".secret");
    files::LocalFileStore local({.directory = options.files,
                                 .base_url = options.public_url + "/v1/files/",
                                 .secrets = {secret}});
    std::optional<files::S3FileStore> s3;
    if (!options.s3_bucket.empty()) s3.emplace(s3_options(options));
    const auto store = asyncjobs::open_store(options.store);
    asyncjobs::Client client(*store);
    files::JobFiles job_files(client, s3 ? static_cast<files::FileStore&>(*s3) : local,
                              {.queue = "file_removals", .scratch = options.files / ".scratch"});

    asyncjobs::Executor executor(
        *store, {.queues = {"reports", "file_removals", "operators"},
                 .concurrency = options.workers,
                 .lease_for = options.lease,
                 .rescue_every = std::min<asyncjobs::Duration>(options.lease / 2, 5s),
                 .log = log});
    executor.handle<SalesReportJob>(ReportMaker(job_files, orders_of(options)));
    job_files.remove_on(executor);
    asyncjobs::operations::run_bulk_actions_on(executor, client, *store);

    // Deliveries wait for third-party servers. Their own executor keeps them from delaying reports.
    asyncjobs::Webhooks webhooks(*store, webhook_options(options));
    asyncjobs::Executor deliveries(*store, {.queues = {"webhooks"},
                                            .concurrency = 200,
                                            .threads = 2,
                                            .lease_for = options.lease,
                                            .log = log});
    webhooks.deliver_with(deliveries);

    BearerTokens tokens(BearerTokens::read(options.tokens));
    asyncjobs::http::JobApi api(
        client,
        {.public_base_url = options.public_url,
         .authenticator = tokens,
         .authenticator_blocks = false,
         .trusted_proxies = options.trusted_proxies,
         .openapi = description(),
         .companion_jobs = asyncjobs::webhooks::companion_jobs_of(webhooks),
         .companion_jobs_for_retry = asyncjobs::webhooks::companion_jobs_for_retry_of(webhooks),
         .transform_result =
             [&job_files](const asyncjobs::Job& job, boost::json::value& result) {
                 job_files.present(job, result);
             },
         .log = log});
    add_report_route(api, options.retention);
    add_file_route(api, local);
    asyncjobs::webhooks::add_routes(api, webhooks);
    // Not for the clients that read the description.
    asyncjobs::operations::add_routes(api, client, *store,
                                      {.rights = rights_of,
                                       .webhooks = asyncjobs::operations::webhooks_of(webhooks),
                                       .described = false,
                                       .log = log});
    asyncjobs::beast::Server server(api, {.address = options.address,
                                          .port = options.port,
                                          .tls = {options.tls_certificate, options.tls_key},
                                          .log = log});

    executor.start();
    deliveries.start();
    server.start();
    const bool ipv6 = options.address.find(':') != std::string::npos;
    fmt::print("listening on {}://{}:{}\n", options.tls_certificate.empty() ? "http" : "https",
               ipv6 ? '[' + options.address + ']' : options.address, server.port());
    std::fflush(stdout);

    for (int signal = 0; sigwait(&signals, &signal), signal == SIGHUP;) {
        renew_certificate(server);
        renew_tokens(tokens, options.tokens);
    }
    server.stop(10s);
    deliveries.stop(10s);
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
