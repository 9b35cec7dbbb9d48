#pragma once

#include "served_api.hpp"

#include <asyncjobs/beast/serve.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <condition_variable>
#include <memory>
#include <type_traits>

using Plain = boost::beast::tcp_stream;
using Tls = boost::asio::ssl::stream<boost::beast::tcp_stream>;

/// A host with its own Beast server, with or without TLS, that mounts the API by beast::serve().
template <typename Stream>
class OwnServer {
public:
    static constexpr bool has_tls = std::is_same_v<Stream, Tls>;

    explicit OwnServer(ServedOptions options = {}, asyncjobs::beast::ServeOptions how = {})
        : served(std::move(options)), how_(how) {
        tls_.use_certificate_chain_file(CERTIFICATES "/localhost.pem");
        tls_.use_private_key_file(CERTIFICATES "/localhost.key", boost::asio::ssl::context::pem);
        client_tls_.load_verify_file(CERTIFICATES "/ca.pem");
        client_tls_.set_verify_mode(boost::asio::ssl::verify_peer);
        boost::asio::co_spawn(io_, accept(), boost::asio::detached);
    }

    ~OwnServer() { io_.stop(); }

    RawClient connect() {
        if (!thread_.joinable()) thread_ = std::jthread([this] { io_.run(); });
        if constexpr (has_tls)
            return RawClient(port_, client_tls_);
        else
            return RawClient(port_);
    }

    /// Cancels the session that was accepted first.
    void cancel() {
        boost::asio::post(io_,
                          [this] { cancel_first_.emit(boost::asio::cancellation_type::terminal); });
    }

    /// Waits until serve() has returned false, or has thrown; returns the exception's text.
    std::string await_end() {
        std::unique_lock lock(mutex_);
        ended_.wait(lock, [this] { return end_.has_value(); });
        return *end_;
    }

private:
    boost::asio::cancellation_signal cancel_first_;
    boost::asio::io_context io_{1}; // outlives the API

public:
    ServedApi served;

private:
    using Request = asyncjobs::beast::HostRequest;

    boost::asio::awaitable<void> accept() {
        for (bool is_first = true;; is_first = false) {
            boost::beast::tcp_stream connection(
                co_await acceptor_.async_accept(boost::asio::use_awaitable));
            auto session = talk(std::move(connection));
            if (is_first) {
                auto cancelled = boost::asio::bind_cancellation_slot(cancel_first_.slot(),
                                                                     boost::asio::detached);
                boost::asio::co_spawn(io_, std::move(session), cancelled);
            } else {
                boost::asio::co_spawn(io_, std::move(session), boost::asio::detached);
            }
        }
    }

    boost::asio::awaitable<void> talk(boost::beast::tcp_stream connection) {
        if constexpr (has_tls) {
            Tls stream(std::move(connection), tls_);
            co_await stream.async_handshake(Tls::server, boost::asio::use_awaitable);
            co_await converse(stream);
        } else {
            co_await converse(connection);
        }
    }

    boost::asio::awaitable<void> converse(Stream& stream) {
        boost::beast::flat_buffer buffer;
        for (bool keep_alive = true; keep_alive;) {
            Request request;
            co_await boost::beast::http::async_read(stream, buffer, request,
                                                    boost::asio::use_awaitable);
            if (served.api.serves(request.target()))
                keep_alive = co_await serve(stream, std::move(request));
            else
                co_await greet(stream);
        }
    }

    boost::asio::awaitable<bool> serve(Stream& stream, Request request) {
        std::string failure;
        try {
            const bool keep_alive =
                co_await asyncjobs::beast::serve(served.api, stream, std::move(request), how_);
            if (keep_alive) co_return true;
        } catch (const std::exception& error) {
            failure = error.what();
        }
        const std::lock_guard lock(mutex_);
        end_ = failure;
        ended_.notify_all();
        co_return false;
    }

    boost::asio::awaitable<void> greet(Stream& stream) {
        boost::beast::http::response<boost::beast::http::string_body> response(
            boost::beast::http::status::ok, 11);
        response.body() = "hello";
        response.prepare_payload();
        co_await boost::beast::http::async_write(stream, response, boost::asio::use_awaitable);
    }

    const asyncjobs::beast::ServeOptions how_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
    boost::asio::ssl::context client_tls_{boost::asio::ssl::context::tls_client};
    boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    const std::uint16_t port_ = acceptor_.local_endpoint().port();
    std::mutex mutex_;
    std::condition_variable ended_;
    std::optional<std::string> end_; ///< the text of what serve() threw, or empty
    std::jthread thread_;            // last: it uses the others
};
