#pragma once

#include <asyncjobs/executor.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// The server's certificate. TLS is 1.2 or newer.
struct TlsOptions {
    std::string certificate_file = {}; ///< PEM, the certificate chain; empty: no TLS
    std::string key_file = {};         ///< PEM, without a password
};

/// Every member is checked by Server's constructor. Sizes are in bytes. Deadlines are absolute:
/// single bytes do not extend them.
struct ServerOptions {
    std::string address = "127.0.0.1"; ///< numeric, of one interface; `::` and `0.0.0.0`: of all
    std::uint16_t port = 0;            ///< 0: any free port; see Server::port()
    unsigned io_threads = 2;           ///< 1-64
    TlsOptions tls = {};

    /// At least 1; one more gets 503. start() raises the process's descriptor limit (RLIMIT_NOFILE)
    /// as needed: two a connection and 128 for everything else. If it can't, it lowers this value,
    /// and logs that.
    std::size_t max_connections = 1024;
    std::size_t max_connections_per_address = 256; ///< at least 1; a /64 network is an IPv6 address
    std::size_t target_limit = 8 * 1024;           ///< 64 - 1 MiB; a longer one gets 414
    std::size_t head_limit = 16 * 1024;            ///< 256 - 1 MiB; a larger one gets 431
    std::size_t field_limit = 100;                 ///< 1-10000; more header fields get 431
    std::size_t body_limit = 1024 * 1024;          ///< 0 - 1 GiB; a larger one gets 413
    /// Bytes of all bodies at once; beyond it: 503. One address, unless it is a trusted proxy, may
    /// use a quarter of it, or one body that is larger.
    std::size_t body_memory_limit = 64 * 1024 * 1024;

    TimeSpan idle_timeout = std::chrono::seconds{60}; ///< 1 ms - 1 day; until a request begins
    TimeSpan head_timeout =
        std::chrono::seconds{10}; ///< 1 ms - 1 day; from its first byte; also of a TLS handshake
    TimeSpan body_timeout = std::chrono::seconds{60};  ///< 1 ms - 1 day; for the whole body
    std::size_t min_body_rate = 500;                   ///< bytes a second, after `rate_grace`
    TimeSpan rate_grace = std::chrono::seconds{5};     ///< 0 - 1 day
    TimeSpan write_timeout = std::chrono::seconds{30}; ///< 1 ms - 1 day; for each 64 KiB
    TimeSpan linger_timeout =
        std::chrono::seconds{2}; ///< 0 - 1 min; for the peer to read a refusal
    /// 1 ms - 1 min; after this time in a request, a disconnect of its client is detected.
    TimeSpan disconnect_check_delay = std::chrono::seconds{1};

    /// Called from any I/O thread, possibly concurrently; must not throw.
    std::function<void(const LogEntry&)> log = {};
};

/// Serves a job API over HTTP/1.1 and 1.0, with its own threads.
///
/// Its I/O threads never wait for a handler or a store. Before a message head is parsed, it is
/// checked for everything that proxies and parsers read differently.
///
/// Thread-safety  Full.
/// Ownership      Borrows the API, which must outlive it.
/// Errors         Bad options throw Error (Errc::invalid_argument), as do start() if it can't
///                listen at the address and reload_certificate() for unusable files. The
///                constructor and start() throw Errc::overloaded if the system has no thread,
///                descriptor or memory left.
class ASYNCJOBS_BEAST_DECL Server {
public:
    explicit Server(http::JobApi& api, ServerOptions options = {});

    /// Calls stop() without grace.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens and returns. May be called once.
    void start();

    /// The port that it listens at; 0 before start().
    std::uint16_t port() const noexcept;

    /// The number of open connections.
    std::size_t connections() const noexcept;

    /// Reads certificate and key again, for new connections.
    void reload_certificate();

    /// Drains the API, stops accepting, closes idle connections, waits up to `grace` for requests
    /// in progress, and closes the rest. Later calls do nothing.
    void stop(Duration grace = {});

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
