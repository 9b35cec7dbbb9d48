#include "mini_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <memory>
#include <optional>

namespace mini {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::size_t head_limit = 16 * 1024;
constexpr std::size_t body_limit = 1024 * 1024;

bool same(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

/// Empty for what this server does not understand.
std::optional<Request> parse_head(std::string_view head) {
    Request request;
    auto line = head.substr(0, head.find("\r\n"));
    const auto method = line.find(' ');
    const auto target = line.rfind(' ');
    if (method == target || !line.ends_with(" HTTP/1.1")) return std::nullopt;
    request.method = line.substr(0, method);
    request.target = line.substr(method + 1, target - method - 1);
    for (head.remove_prefix(line.size() + 2); head != "\r\n"; head.remove_prefix(line.size() + 2)) {
        line = head.substr(0, head.find("\r\n"));
        const auto colon = line.find(':');
        if (colon == 0 || colon == line.npos || line.front() == ' ' || line.front() == '\t' ||
            line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos)
            return std::nullopt;
        const auto value = line.find_first_not_of(" \t", colon + 1);
        request.fields.emplace_back(line.substr(0, colon),
                                    value == line.npos ? "" : line.substr(value));
    }
    return request;
}

/// The body's length; empty if it can't be told, or is too much.
std::optional<std::size_t> body_length(const Fields& fields) {
    std::optional<std::size_t> length;
    for (const auto& [name, value] : fields) {
        if (same(name, "Transfer-Encoding")) return std::nullopt;
        if (!same(name, "Content-Length")) continue;
        std::size_t number = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        if (length || error != std::errc() || end != value.data() + value.size())
            return std::nullopt;
        length = number;
    }
    return length.value_or(0) <= body_limit ? std::optional(length.value_or(0)) : std::nullopt;
}

bool wants_close(const Fields& fields) {
    for (const auto& [name, value] : fields)
        if (same(name, "Connection") && same(value, "close")) return true;
    return false;
}

std::string to_text(const Response& response) {
    std::string text = "HTTP/1.1 " + std::to_string(response.status) + " \r\n";
    for (const auto& [name, value] : response.fields) text += name + ": " + value + "\r\n";
    return text + "\r\n" + response.body;
}

} // namespace

Server::Server(asio::io_context& io, const tcp::endpoint& endpoint) : acceptor_(io, endpoint) {}

void Server::route(std::function<bool(std::string_view)> matches, Handler handler) {
    routes_.emplace_back(std::move(matches), std::move(handler));
}

void Server::start() { asio::co_spawn(acceptor_.get_executor(), accept(), asio::detached); }

asio::awaitable<void> Server::accept() {
    for (;;) {
        tcp::socket socket = co_await acceptor_.async_accept(use_awaitable);
        asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> Server::serve(tcp::socket socket) {
    const std::string peer = socket.remote_endpoint().address().to_string();
    const std::string refusal = "HTTP/1.1 400 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    std::string data;
    for (bool goes_on = true; goes_on;) {
        auto buffer = asio::dynamic_buffer(data, head_limit + body_limit);
        const std::size_t end =
            co_await asio::async_read_until(socket, buffer, "\r\n\r\n", use_awaitable);
        auto request = parse_head(std::string_view(data).substr(0, end));
        const auto length = request ? body_length(request->fields) : std::nullopt;
        if (!length) {
            co_await asio::async_write(socket, asio::buffer(refusal), use_awaitable);
            co_return;
        }
        if (data.size() < end + *length) {
            const auto missing = asio::transfer_exactly(end + *length - data.size());
            co_await asio::async_read(socket, buffer, missing, use_awaitable);
        }
        request->body = data.substr(end, *length);
        request->peer = peer;
        data.erase(0, end + *length);
        goes_on = !wants_close(request->fields);
        const Response response = co_await answer(*std::move(request));
        const std::string text = to_text(response);
        co_await asio::async_write(socket, asio::buffer(text), use_awaitable);
    }
}

/// Waits for a handler without a thread. Written without a lambda that captures, which GCC 12
/// miscompiles in coroutines.
asio::awaitable<Response> Server::answer(Request request) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Response)>(
        [](auto waiting, Server* server, Request what) {
            const auto coroutine = std::make_shared<decltype(waiting)>(std::move(waiting));
            const auto executor = asio::get_associated_executor(*coroutine);
            const auto done = [coroutine, executor](Response response) {
                asio::post(executor, [coroutine, response = std::move(response)]() mutable {
                    (*coroutine)(std::move(response));
                });
            };
            for (const auto& [matches, handler] : server->routes_)
                if (matches(what.target)) return handler(std::move(what), done);
            done({.status = 404, .fields = {{"Content-Length", "0"}}});
        },
        use_awaitable, this, std::move(request));
}

} // namespace mini
