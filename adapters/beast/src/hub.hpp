#pragma once

#include <asyncjobs/beast/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
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

    /// Counts a connection in; false if there are too many, in all or from there. A trusted proxy
    /// may have as many as there are.
    bool admit(const boost::asio::ip::address& from);
    void leave(const boost::asio::ip::address& from);

    void add(std::shared_ptr<Session> session);
    void remove(const Session& session);
    std::vector<std::shared_ptr<Session>> sessions();
    std::size_t count() const noexcept { return count_; }

    /// False if `deadline` passed before the last connection was closed.
    bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

    /// Takes memory for bodies; false if there is not so much left.
    bool take_body_memory(std::size_t bytes) noexcept;
    void return_body_memory(std::size_t bytes) noexcept { body_memory_ -= bytes; }

    /// What the next connection's handshake needs; nothing: there is none.
    std::shared_ptr<boost::asio::ssl::context> tls();
    void reload_certificate();

    void log(LogEntry::Level level, std::string message) const;

    http::JobApi& api;
    const ServerOptions options;
    std::atomic<bool> draining = false;

private:
    std::mutex mutex_;
    std::condition_variable emptied_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::map<const Session*, std::shared_ptr<Session>> sessions_;
    std::map<std::string, std::size_t> addresses_;
    std::atomic<std::size_t> count_ = 0;
    std::atomic<std::size_t> body_memory_ = 0;

public:
    boost::asio::io_context io; // last: its end forgets sessions, which use the rest
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
