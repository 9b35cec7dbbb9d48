#include "options.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

namespace report_server {
namespace {

/// `ADDRESS:PORT`, with an IPv6 address in brackets.
bool split_listen(const std::string& text, Options& options) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return false;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, options.port);
    if (error != std::errc() || stop != end) return false;
    options.address = text.substr(0, colon);
    if (options.address.front() == '[' && options.address.back() == ']')
        options.address = options.address.substr(1, options.address.size() - 2);
    return !options.address.empty();
}

} // namespace

std::optional<Options> parse_command_line(int argc, char** argv, int& exit_code) {
    Options options;
    std::string listen = "127.0.0.1:8080";
    std::int64_t retention = options.retention.count();
    double lease = std::chrono::duration<double>(options.lease).count();

    CLI::App app("Makes sales reports in the background and serves them over HTTP.");
    app.add_option("--listen", listen, "ADDRESS:PORT to listen at; port 0 picks a free one")
        ->capture_default_str()
        ->check([&](const std::string& text) {
            return split_listen(text, options) ? std::string()
                                               : "must be ADDRESS:PORT, but is \"" + text + "\"";
        });
    auto* certificate = app.add_option("--tls-certificate", options.tls_certificate,
                                       "The server's certificate with its chain, in PEM; "
                                       "reloaded on SIGHUP")
                            ->check(CLI::ExistingFile);
    auto* key =
        app.add_option("--tls-key", options.tls_key, "Its key, in PEM")->check(CLI::ExistingFile);
    certificate->needs(key);
    key->needs(certificate);
    app.add_option("--trusted-proxy", options.trusted_proxies,
                   "Address or network of a proxy whose client addresses are trusted");
    app.add_option("--store", options.store, "URL of the job store")->capture_default_str();
    app.add_option("--orders", options.orders,
                   "Order lines as CSV, also gzip-compressed; "
                   "invented ones of the year 2011 if not given")
        ->check(CLI::ExistingFile);
    app.add_option("--files", options.files, "Directory of the finished reports")
        ->capture_default_str();
    auto* bucket = app.add_option("--s3-bucket", options.s3_bucket,
                                  "Bucket for the finished reports, instead of that directory; the "
                                  "credentials come from AWS_ACCESS_KEY_ID and so on");
    auto* endpoint = app.add_option("--s3-endpoint", options.s3_endpoint,
                                    "Such as https://s3.eu-central-1.amazonaws.com");
    bucket->needs(endpoint);
    endpoint->needs(bucket);
    app.add_option("--s3-region", options.s3_region)->capture_default_str();
    app.add_flag("--s3-path-style", options.s3_path_style, "The bucket's name is in the path");
    app.add_option(
           "--tokens", options.tokens,
           "File with a line \"DIGEST USER_ID [ROLE,ROLE...]\" per API token, its SHA-256; the "
           "roles viewer, operator and admin are for operators; reloaded on SIGHUP")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--webhook-port", options.webhook_ports,
                   "Port that receivers of webhooks may have in addition to 443");
    app.add_flag("--private-webhooks", options.private_webhooks,
                 "Receivers of webhooks may be at private addresses, and without TLS");
    app.add_option("--workers", options.workers, "Concurrent reports")
        ->capture_default_str()
        ->check(CLI::Range(1U, 1000U));
    app.add_option("--retention", retention, "Seconds that a finished report is kept")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{10} * 365 * 24 * 3600));
    app.add_option("--lease", lease, "Seconds until the reports of a killed server run again")
        ->capture_default_str()
        ->check(CLI::Range(0.2, 3600.0));
    app.add_option(
        "--public-url", options.public_url,
        "Where clients reach the server, such as https://reports.example.org, or /reports "
        "if a proxy serves it under that path");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    split_listen(listen, options);
    options.retention = std::chrono::seconds{retention};
    options.lease =
        std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(lease));
    while (options.public_url.ends_with('/')) options.public_url.pop_back();
    return options;
}

} // namespace report_server
