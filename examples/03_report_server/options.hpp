#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace report_server {

/// The options of the command line.
struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::string tls_certificate; ///< empty: no TLS
    std::string tls_key;
    std::vector<std::string> trusted_proxies;
    std::string store = "sqlite:jobs.db";
    std::filesystem::path orders; ///< empty: a year of invented orders
    std::filesystem::path files = "files";
    std::string s3_bucket; ///< empty: finished reports stay in `files`
    std::string s3_endpoint;
    std::string s3_region = "us-east-1";
    bool s3_path_style = false;
    std::filesystem::path tokens;
    std::vector<std::uint16_t> webhook_ports; ///< of receivers, besides 443
    bool private_webhooks = false;            ///< to private addresses, and without TLS
    unsigned workers = 2;
    std::chrono::seconds retention = std::chrono::hours{24};
    std::chrono::milliseconds lease =
        std::chrono::seconds{10}; ///< a killed server's jobs wait this long
    std::string public_url;       ///< without a slash at its end; empty: relative links
};

/// Reads the command line. For `--help` or an error, prints the text, sets `exit_code` and returns
/// an empty optional.
std::optional<Options> parse_command_line(int argc, char** argv, int& exit_code);

} // namespace report_server
