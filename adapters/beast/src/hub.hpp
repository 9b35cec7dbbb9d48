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

/// What the connections of one server share.
///
/// Whoever holds a session's answer keeps the hub alive, so that an answer may come after the end
/// of the server.
///
/// Thread-safety  Full.
class Hub {
public:
    /// Throws Error (Errc::invalid_argument) for a certificate that can't be used.
    Hub(http::JobApi& served, ServerOptions how);

    /// Counts a connection in for as long as the answer lives; empty if there are too many, in all
    /// or from there. A trusted proxy may have as many as there are.
    class Admission;
    static std::unique_ptr<Admission> admit(const std::shared_ptr<Hub>& hub,
                                            const boost::asio::ip::address& from);

    /// No more than the options say.
    void limit_connections(std::size_t most) noexcept { max_connections_ = most; }

    void add(std::shared_ptr<Session> session);
    void remove(const Session& session);
    std::vector<std::shared_ptr<Session>> sessions();
    std::size_t count() const noexcept { return count_; }

    /// For a session whose answer was lost, as there was no memory to bring it: it is closed when
    /// close_losers() is called, which is done about once a second.
    void note_loss() noexcept { has_losers_ = true; }
    void close_losers();

    /// False if `deadline` passed before the last connection was closed.
    bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

    /// Takes `more` memory for a body that has `taken` already, or says why there is none. All
    /// connections from one address may have a quarter of it, or one body that is larger; a trusted
    /// proxy's may have all.
    enum class Full { no, for_all, for_one };
    Full take_body_memory(Admission& admission, std::size_t taken, std::size_t more) noexcept;
    void return_body_memory(Admission& admission, std::size_t bytes) noexcept;

    /// What the next connection's handshake needs; nothing: there is none.
    std::shared_ptr<boost::asio::ssl::context> tls();
    void reload_certificate();

    void log(LogEntry::Level level, std::string message) const;

    /// Logs what is being thrown, but no more than one line a second.
    void log_fault(std::string_view where) noexcept;

    http::JobApi& api;
    const ServerOptions options;
    std::atomic<bool> draining = false;

private:
    /// What there is from an address.
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
    std::atomic<bool> has_losers_ = false;
    std::atomic<std::chrono::steady_clock::time_point> silent_until_ = {};
    std::size_t body_memory_ = 0;

public:
    /// Of each I/O thread. Last: their end forgets sessions, which use the rest.
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
    Usage* usage_ = nullptr; ///< where it is counted
    bool is_trusted_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
