// The server that the host has already: a small HTTP/1.1 server on Asio that knows nothing of jobs.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mini {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method = {};
    std::string target = {};
    Fields fields = {};
    std::string body = {};
    std::string peer = {};
};

struct Response {
    unsigned status = 200;
    Fields fields = {};
    std::string body = {};
};

/// Answers a request later, from any thread, by calling `done` once.
using Handler = std::function<void(Request request, std::function<void(Response)> done)>;

/// Serves on the caller's io_context, one coroutine a connection.
class Server {
public:
    Server(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& endpoint);

    /// Requests whose target `matches` go to `handler`; the first route that matches wins.
    void route(std::function<bool(std::string_view target)> matches, Handler handler);

    void start();
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
    boost::asio::awaitable<Response> answer(Request request);

    boost::asio::ip::tcp::acceptor acceptor_;
    std::vector<std::pair<std::function<bool(std::string_view)>, Handler>> routes_;
};

} // namespace mini
