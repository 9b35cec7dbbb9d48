#pragma once

#include "http_error.hpp"

#include <asyncjobs/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::support {

namespace asio = boost::asio;
using boost::system::error_code;

/// One connection to a server, over TLS or plain: one type for both, so that code that uses it is
/// compiled once. An operation that is under way at the deadline fails with HttpError::timeout(),
/// and the connection is closed.
///
/// Thread-safety  To be used on the strand of its executor.
/// Errors         HttpError, of the step that the operation belongs to.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    explicit Connection(const asio::any_io_executor& executor)
        : socket_(executor), timer_(executor) {}

    /// Sets the deadline of all later operations.
    void expires_at(SteadyTime deadline) {
        if (deadline == deadline_) return;
        deadline_ = deadline;
        timer_.expires_at(deadline);
        timer_.async_wait([weak = weak_from_this(), deadline](error_code error) {
            const auto self = weak.lock();
            if (error || !self || self->deadline_ != deadline) return;
            self->timed_out_ = true;
            self->close();
        });
    }

    /// May be called again after a failure.
    asio::awaitable<void> connect(asio::ip::tcp::endpoint endpoint, SteadyTime deadline) {
        close();
        timed_out_ = false;
        deadline_ = {};
        expires_at(deadline);
        error_code error;
        co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
        check(HttpStep::connect, error);
    }

    /// Switches to TLS; the server's certificate must be valid for `host`.
    asio::awaitable<void> handshake(asio::ssl::context& tls, std::string host) {
        error_code error, is_name;
        tls_.emplace(socket_, tls);
        tls_->set_verify_mode(asio::ssl::verify_peer);
        tls_->set_verify_callback(asio::ssl::host_name_verification(host));
        asio::ip::make_address(host, is_name);
        if (is_name && SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str()) != 1)
            throw HttpError(HttpStep::handshake, asio::error::invalid_argument);
        co_await tls_->async_handshake(asio::ssl::stream_base::client,
                                       asio::redirect_error(asio::use_awaitable, error));
        check(HttpStep::handshake, error);
    }

    /// Returns the number of bytes, at least 1; throws the code asio::error::eof at the end.
    asio::awaitable<std::size_t> read_some(asio::mutable_buffer buffer) {
        error_code error;
        std::size_t bytes = 0;
        if (tls_)
            bytes = co_await tls_->async_read_some(
                buffer, asio::redirect_error(asio::use_awaitable, error));
        else
            bytes = co_await socket_.async_read_some(
                buffer, asio::redirect_error(asio::use_awaitable, error));
        check(HttpStep::receive, error);
        co_return bytes;
    }

    /// Returns the number of bytes.
    asio::awaitable<std::size_t> write_some(asio::const_buffer buffer) {
        error_code error;
        std::size_t bytes = 0;
        if (tls_)
            bytes = co_await tls_->async_write_some(
                buffer, asio::redirect_error(asio::use_awaitable, error));
        else
            bytes = co_await socket_.async_write_some(
                buffer, asio::redirect_error(asio::use_awaitable, error));
        check(HttpStep::send, error);
        co_return bytes;
    }

private:
    using Socket = asio::ip::tcp::socket;

    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

    void check(HttpStep step, error_code error) const {
        if (timed_out_) error = HttpError::timeout();
        if (error) throw HttpError(step, error);
    }

    Socket socket_;
    std::optional<asio::ssl::stream<Socket&>> tls_;
    asio::steady_timer timer_;
    SteadyTime deadline_ = {};
    bool timed_out_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
