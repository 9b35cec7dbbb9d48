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
    std::string certificate_file = {}; ///< in PEM, with those it hangs on; empty: no TLS
    std::string key_file = {};         ///< in PEM, without a password
};

/// Every member is checked by Server's constructor. Sizes are in bytes. Deadlines are absolute: a
/// byte now and then does not extend them.
struct ServerOptions {
    std::string address = "127.0.0.1"; ///< numeric, of one interface; `::` and `0.0.0.0`: of all
    std::uint16_t port = 0;            ///< 0: one that is free; see Server::port()
    unsigned io_threads = 2;           ///< 1-64
    TlsOptions tls = {};

    /// From 1 on; one more gets 503. start() raises the process' limit of descriptors
    /// (RLIMIT_NOFILE) so far as they need it, two each and 128 more for everything else; where it
    /// can't, it lowers this, and logs that.
    std::size_t max_connections = 1024;
    std::size_t max_connections_per_address = 256; ///< from 1 on; IPv6: a /64 network is an address
    std::size_t target_limit = 8 * 1024;           ///< 64 - 1 MiB; a longer one gets 414
    std::size_t head_limit = 16 * 1024;            ///< 256 - 1 MiB; a larger one gets 431
    std::size_t field_limit = 100;                 ///< 1-10000; more header fields get 431
    std::size_t body_limit = 1024 * 1024;          ///< 0 - 1 GiB; a larger one gets 413
    /// Bytes; of all bodies at once; beyond it: 503. From one address, unless it is a trusted
    /// proxy, a quarter of it, or one body that is larger.
    std::size_t body_memory_limit = 64 * 1024 * 1024;

    TimeSpan idle_timeout = std::chrono::seconds{60}; ///< 1 ms - 1 day; until a request begins
    TimeSpan head_timeout =
        std::chrono::seconds{10}; ///< 1 ms - 1 day; from its first byte on; also of a handshake
    TimeSpan body_timeout = std::chrono::seconds{60};  ///< 1 ms - 1 day; for the whole body
    std::size_t min_body_rate = 500;                   ///< bytes a second, after `rate_grace`
    TimeSpan rate_grace = std::chrono::seconds{5};     ///< 0 - 1 day
    TimeSpan write_timeout = std::chrono::seconds{30}; ///< 1 ms - 1 day; for each 64 KiB
    TimeSpan linger_timeout =
        std::chrono::seconds{2}; ///< 0 - 1 min; for the peer to read a refusal
    /// 1 ms - 1 min; when an answer takes longer, it is noticed that its client hangs up.
    TimeSpan disconnect_check_delay = std::chrono::seconds{1};

    /// Called from any I/O thread, also at the same time; must not throw.
    std::function<void(const LogEntry&)> log = {};
};

/// Serves a job API over HTTP/1.1 and 1.0, with threads of its own.
///
/// Its I/O threads never wait for a handler or a store. Message heads are checked for what proxies
/// and parsers read differently before anything else looks at them.
///
/// Thread-safety  Full.
/// Ownership      Borrows the API, which must outlive it.
/// Errors         Bad options throw Error (Errc::invalid_argument), and so does start() for an
///                address that can't be listened at, and reload_certificate() for files that can't
///                be used. The constructor and start() throw Errc::overloaded where the system has
///                no thread, descriptor or memory left.
class ASYNCJOBS_BEAST_DECL Server {
public:
    explicit Server(http::JobApi& api, ServerOptions options = {});

    /// stop(), with no grace.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens and returns. May be called once.
    void start();

    /// Where it listens; 0 before start().
    std::uint16_t port() const noexcept;

    /// How many connections there are.
    std::size_t connections() const noexcept;

    /// Reads certificate and key anew, for the connections that come from now on.
    void reload_certificate();

    /// Drains the API, accepts no more, closes what is idle, gives requests that are under way up
    /// to `grace` to be answered, and closes the rest. Later calls do nothing.
    void stop(Duration grace = {});

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
