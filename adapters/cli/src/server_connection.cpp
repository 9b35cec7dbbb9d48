#include "connection.hpp"
#include "exit_code.hpp"

#include "support/http_client.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

constexpr std::uint64_t most_bytes = 32 * 1024 * 1024; // of a response: a payload has up to 10 MiB

/// Where the routes are.
struct Server {
    support::HttpOrigin origin = {};
    std::string authority = {};
    std::string path = {}; ///< ends with `/operator`
};

[[noreturn]] void refuse_address(const std::string& store, std::string_view rule) {
    throw Failure(Exit::usage, fmt::format("the server's address \"{}\" {}", store, rule));
}

Server parse_server(const ConnectionOptions& options) {
    const auto url = boost::urls::parse_uri(options.store);
    if (!url || url->host().empty() || url->has_userinfo() || url->has_query() ||
        url->has_fragment())
        refuse_address(options.store, "must be as https://example.org/v1/operator");
    const bool tls = url->scheme() == "https";
    Server server{.origin = {.tls = tls,
                             .host = url->host_address(),
                             .port = url->port_number() > 0
                                         ? url->port_number()
                                         : static_cast<std::uint16_t>(tls ? 443 : 80)},
                  .authority = std::string(url->encoded_host_and_port()),
                  .path = std::string(url->encoded_path())};
    while (server.path.ends_with('/')) server.path.pop_back();
    if (!server.path.ends_with("/operator"))
        refuse_address(options.store,
                       "must end with /operator, as https://example.org/v1/operator");
    if (!tls && !options.allow_http && server.origin.host != "localhost" &&
        !is_loopback(server.origin.host))
        refuse_address(options.store, "is of another machine, and so must begin with https:// "
                                      "(--allow-http sends the token without encryption)");
    return server;
}

std::string read_token(const ConnectionOptions& options) {
    std::string token;
    if (options.token_file.empty()) {
        const char* value = std::getenv("ASYNCJOBS_TOKEN");
        token = value ? value : "";
    } else {
        std::ifstream file(options.token_file);
        if (!file || !std::getline(file, token))
            throw Failure(Exit::usage, fmt::format("the token file {} can't be read, or is empty",
                                                   options.token_file));
    }
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
    return token;
}

std::string_view name_of(support::HttpStep step) noexcept {
    switch (step) {
    case support::HttpStep::look_up:
        return "looking up the host";
    case support::HttpStep::connect:
        return "connecting";
    case support::HttpStep::handshake:
        return "the TLS handshake";
    case support::HttpStep::send:
        return "sending the request";
    default:
        return "receiving the response";
    }
}

class ServerConnection final : public Connection {
public:
    explicit ServerConnection(const ConnectionOptions& options)
        : server_(parse_server(options)), token_(read_token(options)),
          client_({.ca_file = options.ca_file, .body_limit = most_bytes}) {}

    Reply send(std::string_view method, const Target& target, std::string body) override {
        support::HttpRequest request{
            .method = std::string(method),
            .target = server_.path + target.text(),
            .headers = {{"Host", server_.authority}, {"Accept", "application/json"}},
            .body = std::move(body)};
        if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
        if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
        try {
            auto response = client_.exchange_blocking(server_.origin, std::move(request));
            return {.status = response.status, .body = std::move(response.body)};
        } catch (const support::HttpError& error) {
            throw Failure(Exit::unavailable,
                          fmt::format("{} is unavailable: {} failed: {}", server_.authority,
                                      name_of(error.step()), error.code().message()));
        }
    }

private:
    const Server server_;
    const std::string token_;
    const support::HttpClient client_;
};

} // namespace

bool is_loopback(std::string_view address) noexcept {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(std::string(address), error);
    return !error && parsed.is_loopback();
}

std::unique_ptr<Connection> connect_to_server(const ConnectionOptions& options) {
    return std::make_unique<ServerConnection>(options);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
