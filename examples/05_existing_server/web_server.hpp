// The host's existing server: a small one on Boost.Beast, independent of the job API.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace web {

using Request = boost::beast::http::request<boost::beast::http::string_body>;

/// Writes the response to a request. Returns false if the connection must close after it.
using Handler =
    std::function<boost::asio::awaitable<bool>(boost::beast::tcp_stream& stream, Request request)>;

/// Runs until it is stopped. If Beast throws within one of its operations, where no coroutine can
/// catch it, only that connection ends, not the host.
void run(boost::asio::io_context& io);

/// Serves on the caller's io_context, which one thread runs; one coroutine per connection.
class Server {
public:
    Server(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& endpoint);

    /// Requests whose target `matches` go to `handler`; the first route that matches wins.
    void route(std::function<bool(std::string_view target)> matches, Handler handler);

    void start();

    /// Accepts no more connections, and closes each one after its current request.
    void stop();

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
    boost::asio::awaitable<void> converse(boost::beast::tcp_stream& stream);
    boost::asio::awaitable<bool> respond(boost::beast::tcp_stream& stream, Request request);

    boost::asio::ip::tcp::acceptor acceptor_;
    std::vector<std::pair<std::function<bool(std::string_view)>, Handler>> routes_;
    /// Connections that wait for a request.
    const std::shared_ptr<std::set<boost::beast::tcp_stream*>> idle_ =
        std::make_shared<std::set<boost::beast::tcp_stream*>>();
    bool stopping_ = false;
};

/// Responds with a plain text.
boost::asio::awaitable<bool> send_text(boost::beast::tcp_stream& stream, Request request,
                                       boost::beast::http::status status, std::string_view text);

} // namespace web
