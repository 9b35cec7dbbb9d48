#pragma once

#include "address_lookup.hpp"
#include "http_error.hpp"

#include <asyncjobs/time.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace asyncjobs::inline ASYNCJOBS_ABI::support {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The server of a request.
struct HttpOrigin {
    bool tls = true;
    std::string host = {}; ///< a name or an address, without []; the certificate must be for it
    std::uint16_t port = 443;
};

/// Sent as HTTP/1.1, with `Connection: close` and, if the method allows a body, `Content-Length`.
struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    HttpHeaders headers = {}; ///< `Host` must be among them
    std::string body = {};
    std::optional<std::filesystem::path> body_file = {}; ///< its content is sent instead of `body`
};

struct HttpResponse {
    unsigned status = 0;
    HttpHeaders headers = {};
    std::optional<std::uint64_t> content_length = {}; ///< as stated, whether or not a body came
    std::string body = {};

    /// Returns the value of the first header of that name, in any case; empty if none exists.
    std::string_view header(std::string_view name) const noexcept;
};

struct HttpClientOptions {
    Duration timeout = std::chrono::seconds{30};
    /// The timeout applies to each step instead of the whole exchange: connecting, the handshake,
    /// each piece of the request, the whole response.
    bool timeout_per_step = false;

    std::string ca_file = {}; ///< PEM, whose certificates are trusted; empty: none
    bool trust_system = true; ///< the system's certificates, too

    /// Returns the addresses of a host, by the deadline. Empty: look_up(), which blocks for as long
    /// as the system's resolver does.
    std::function<boost::asio::awaitable<Addresses>(const std::string& host, SteadyTime deadline)>
        look_up = {};
    /// No connection is made if it returns false for any address of the host. Empty: all are
    /// allowed.
    std::function<bool(const boost::asio::ip::address&)> is_allowed = {};

    std::uint32_t head_limit = 16 * 1024;                ///< bytes of a response's head
    std::optional<std::uint64_t> body_limit = 64 * 1024; ///< bytes; empty: the body is not read
};

/// Sends each request over a new connection, to an address that was looked up and checked for it.
/// The addresses are tried in order; they share the time that is left. Follows no redirect and
/// skips interim responses.
///
/// A server may refuse a request before it has read all of it: if its response can be read after
/// sending has failed, it is returned.
///
/// Thread-safety  Full.
/// Blocking       The content of a file is read in the thread that runs the exchange.
/// Errors         HttpError.
class HttpClient {
public:
    /// Throws boost::system::system_error if certificates can't be loaded.
    explicit HttpClient(HttpClientOptions options);

    /// Await it on a strand; the client must outlive it. On cancellation it throws an error with
    /// the code boost::asio::error::operation_aborted.
    boost::asio::awaitable<HttpResponse> exchange(HttpOrigin origin, HttpRequest request) const;

    /// Blocks until the exchange is over.
    HttpResponse exchange_blocking(HttpOrigin origin, HttpRequest request) const;

private:
    const HttpClientOptions options_;
    const std::shared_ptr<boost::asio::ssl::context> tls_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
