#include "web_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <exception>
#include <iostream>

namespace web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr auto patience = std::chrono::seconds{30};
constexpr std::uint64_t body_limit = 1024 * 1024;
// Beast buffers a head, a chunk's extensions, or all trailers there until they are complete, and
// limits only the head by itself. It throws for a trailer that is longer than 64 KiB.
constexpr std::size_t buffer_limit = 16 * 1024;

using Parser = beast::http::request_parser<beast::http::string_body>;

/// Reads a request. Sends 100 Continue to a client that waits for it before it sends the body.
asio::awaitable<void> read(beast::tcp_stream& stream, beast::flat_buffer& buffer, Parser& parser,
                           boost::system::error_code& error) {
    constexpr std::string_view permission = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await beast::http::async_read_header(stream, buffer, parser,
                                            asio::redirect_error(use_awaitable, error));
    if (error) co_return;
    if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue"))
        co_await asio::async_write(stream, asio::buffer(permission),
                                   asio::redirect_error(use_awaitable, error));
    if (!error)
        co_await beast::http::async_read(stream, buffer, parser,
                                         asio::redirect_error(use_awaitable, error));
}

/// Registers a stream as idle for its lifetime. Also unregisters it when the coroutine is destroyed
/// by an exception out of io_context::run(), or with the io_context, which may outlive the server.
class Idle {
public:
    Idle(std::shared_ptr<std::set<beast::tcp_stream*>> all, beast::tcp_stream& stream)
        : all_(std::move(all)), place_(all_->insert(&stream).first) {}
    ~Idle() { all_->erase(place_); }
    Idle(const Idle&) = delete;
    Idle& operator=(const Idle&) = delete;

private:
    const std::shared_ptr<std::set<beast::tcp_stream*>> all_;
    const std::set<beast::tcp_stream*>::iterator place_;
};

} // namespace

void run(asio::io_context& io) {
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception& error) {
            std::cerr << "connection failed: " << error.what() << std::endl;
        }
    }
}

Server::Server(asio::io_context& io, const tcp::endpoint& endpoint) : acceptor_(io, endpoint) {}

void Server::route(std::function<bool(std::string_view)> matches, Handler handler) {
    routes_.emplace_back(std::move(matches), std::move(handler));
}

void Server::start() { asio::co_spawn(acceptor_.get_executor(), accept(), asio::detached); }

void Server::stop() {
    stopping_ = true;
    acceptor_.close();
    for (auto* stream : *idle_) stream->cancel();
}

asio::awaitable<void> Server::accept() {
    boost::system::error_code error;
    while (acceptor_.is_open()) {
        tcp::socket socket =
            co_await acceptor_.async_accept(asio::redirect_error(use_awaitable, error));
        if (!error)
            asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
        else if (acceptor_.is_open()) { // usually no descriptors left
            asio::steady_timer pause(acceptor_.get_executor(), std::chrono::milliseconds{100});
            co_await pause.async_wait(use_awaitable);
        }
    }
}

asio::awaitable<void> Server::serve(tcp::socket socket) {
    beast::tcp_stream stream(std::move(socket));
    try {
        co_await converse(stream);
    } catch (const std::exception&) { // the client has disconnected
    }
}

asio::awaitable<void> Server::converse(beast::tcp_stream& stream) {
    Request unreadable;
    unreadable.keep_alive(false);
    beast::flat_buffer buffer(buffer_limit);
    for (bool keep_alive = true; keep_alive && !stopping_;) {
        Parser parser;
        parser.body_limit(body_limit);
        stream.expires_after(patience);
        boost::system::error_code error;
        {
            const Idle idle(idle_, stream);
            co_await read(stream, buffer, parser, error);
        }
        if (error &&
            error.category() == make_error_code(beast::http::error::bad_method).category() &&
            error != beast::http::error::end_of_stream) {
            co_await send_text(stream, unreadable, beast::http::status::bad_request,
                               "bad request\n");
            co_return;
        }
        if (error) co_return;
        keep_alive = co_await respond(stream, parser.release());
    }
}

asio::awaitable<bool> Server::respond(beast::tcp_stream& stream, Request request) {
    if (stopping_) request.keep_alive(false);
    const std::string target(request.target());
    for (const auto& [matches, handler] : routes_)
        if (matches(target)) co_return co_await handler(stream, std::move(request));
    co_return co_await send_text(stream, std::move(request), beast::http::status::not_found,
                                 "no such page\n");
}

asio::awaitable<bool> send_text(beast::tcp_stream& stream, Request request,
                                beast::http::status status, std::string_view text) {
    beast::http::response<beast::http::string_body> response(status, 11);
    response.set(beast::http::field::content_type, "text/plain");
    response.keep_alive(request.keep_alive());
    response.body() = text;
    response.prepare_payload();
    if (request.method() == beast::http::verb::head) response.body().clear();
    stream.expires_after(patience);
    co_await beast::http::async_write(stream, response, use_awaitable);
    co_return request.keep_alive();
}

} // namespace web
