#pragma once

#include <asyncjobs/config.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// The byte stream of one connection, with or without TLS: an AsyncReadStream and AsyncWriteStream
/// of Asio, for completion handlers.
///
/// Thread-safety  Only the thread of its socket may use it.
class Transport {
public:
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;
    using executor_type = Socket::executor_type;

    /// Without `tls`, bytes are sent unencrypted. `tls` need not outlive this.
    Transport(Socket socket, boost::asio::ssl::context* tls) : socket_(std::move(socket)) {
        if (tls) tls_.emplace(socket_, *tls);
    }

    Socket& socket() noexcept { return socket_; }
    executor_type get_executor() { return socket_.get_executor(); }
    bool has_tls() const noexcept { return tls_.has_value(); }

    /// Only with TLS, before everything else.
    template <typename Handler>
    void async_handshake(Handler&& handler) {
        tls_->async_handshake(boost::asio::ssl::stream_base::server,
                              std::forward<Handler>(handler));
    }

    template <typename Buffers, typename Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        if (tls_)
            tls_->async_read_some(buffers, std::forward<Handler>(handler));
        else
            socket_.async_read_some(buffers, std::forward<Handler>(handler));
    }

    template <typename Buffers, typename Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (tls_)
            tls_->async_write_some(buffers, std::forward<Handler>(handler));
        else
            socket_.async_write_some(buffers, std::forward<Handler>(handler));
    }

    /// Only with TLS: sends close_notify, and waits for that of the peer.
    template <typename Handler>
    void async_shutdown(Handler&& handler) {
        tls_->async_shutdown(std::forward<Handler>(handler));
    }

    /// Writes what can be written without waiting.
    void write_at_once(std::string_view text) {
        boost::system::error_code ignored;
        socket_.non_blocking(true, ignored);
        if (tls_)
            tls_->write_some(boost::asio::buffer(text), ignored);
        else
            socket_.write_some(boost::asio::buffer(text), ignored);
    }

private:
    Socket socket_;
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
