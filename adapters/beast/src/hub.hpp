#pragma once

#include <asyncjobs/beast/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

class Session;

/// The state that the connections of one server share.
///
/// The callback for a session's response keeps the hub alive, so that a response may arrive after
/// the server is destroyed.
///
/// Thread-safety  Full.
class Hub {
public:
    /// Throws Error (Errc::invalid_argument) for a certificate that can't be used.
    Hub(http::JobApi& served, ServerOptions how);

    /// Counts a connection until the result is destroyed; empty if a limit is reached, in all or
    /// for the address. The latter does not apply to a trusted proxy.
    class Admission;
    static std::unique_ptr<Admission> admit(const std::shared_ptr<Hub>& hub,
                                            const boost::asio::ip::address& from);

    /// Lowers the limit of the options.
    void limit_connections(std::size_t most) noexcept { max_connections_ = most; }

    void add(std::shared_ptr<Session> session);
    void remove(const Session& session);
    std::vector<std::shared_ptr<Session>> sessions();
    std::size_t count() const noexcept { return count_; }

    /// Notes that a session's response was lost for lack of memory. close_lost_sessions(), which is
    /// called about once a second, closes that session.
    void note_loss() noexcept { has_lost_sessions_ = true; }
    void close_lost_sessions();

    /// Returns false if `deadline` passed before the last connection was closed.
    bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

    /// Takes `more` bytes for a body that has `taken` already; returns which limit is reached, if
    /// any. The connections from one address may use a quarter of the memory, or one body that is
    /// larger; those of a trusted proxy may use all.
    enum class Full { no, for_all, for_one };
    Full take_body_memory(Admission& admission, std::size_t taken, std::size_t more) noexcept;
    void return_body_memory(Admission& admission, std::size_t bytes) noexcept;

    /// The TLS context of new connections; nullptr without TLS.
    std::shared_ptr<boost::asio::ssl::context> tls();
    void reload_certificate();

    void log(LogEntry::Level level, std::string message) const;

    /// Logs the exception being handled, at most one line a second.
    void log_fault(std::string_view event) noexcept;

    http::JobApi& api;
    const ServerOptions options;
    std::atomic<bool> draining = false;

private:
    /// The usage of one address.
    struct Usage {
        std::size_t connections = 0;
        std::size_t body_memory = 0;
    };

    std::mutex mutex_;
    std::condition_variable emptied_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::map<const Session*, std::shared_ptr<Session>> sessions_;
    std::map<std::string, Usage> addresses_;
    std::atomic<std::size_t> max_connections_;
    std::atomic<std::size_t> count_ = 0;
    std::atomic<bool> has_lost_sessions_ = false;
    std::atomic<std::chrono::steady_clock::time_point> silent_until_ = {};
    std::size_t body_memory_ = 0;

public:
    /// One for each I/O thread. Last: their destructors destroy sessions, which use the others.
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
};

class Hub::Admission {
public:
    Admission(std::shared_ptr<Hub> hub, std::string network)
        : hub_(std::move(hub)), network_(std::move(network)) {}
    ~Admission();
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

private:
    friend class Hub;
    const std::shared_ptr<Hub> hub_;
    const std::string network_;
    Usage* usage_ = nullptr; ///< that counts it
    bool is_trusted_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
