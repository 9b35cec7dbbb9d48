// Mounts the job API into a host on Boost.Beast; meant to be copied.

#pragma once

#include <asyncjobs/await_callback.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/http/wire.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace mount {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = asyncjobs::http;
constexpr auto write_time = std::chrono::seconds{30};

/// Reads until the client disconnects, and discards what it sends.
inline asio::awaitable<void> hang_up(beast::tcp_stream& stream) {
    boost::system::error_code error;
    for (char unwanted[256]; !error;)
        co_await stream.socket().async_read_some(asio::buffer(unwanted),
                                                 asio::redirect_error(asio::use_awaitable, error));
}

/// Returns the next piece of a body, or none if it has ended or the client has disconnected.
inline asio::awaitable<std::optional<std::string>> next(beast::tcp_stream& stream,
                                                        http::BodyStream& body) {
    using namespace asio::experimental::awaitable_operators;
    auto first = co_await (
        asyncjobs::await_callback<std::optional<std::string>>(&http::BodyStream::next, &body) ||
        hang_up(stream));
    if (first.index() == 1) co_return std::nullopt;
    co_return std::get<0>(std::move(first));
}

/// Cancels the API's wait when the client disconnects or shuts down its side. Runs until it is
/// cancelled.
inline asio::awaitable<void> watch(beast::tcp_stream& stream, const http::RequestHandle& ongoing) {
    boost::system::error_code error;
    co_await stream.socket().async_wait(asio::socket_base::wait_read,
                                        asio::redirect_error(asio::use_awaitable, error));
    if (stream.socket().available(error) == 0) ongoing.cancel_wait();
    asio::steady_timer never(stream.get_executor(), asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
}

/// Passes a request to the API and writes the response. Returns false if the connection must close
/// after it.
inline asio::awaitable<bool> serve(http::JobApi& api, beast::tcp_stream& stream,
                                   beast::http::request<beast::http::string_body> from) {
    using namespace asio::experimental::awaitable_operators;
    http::Request request{.method = from.method_string(),
                          .target = from.target(),
                          .body = std::move(from.body()),
                          .remote_address =
                              stream.socket().remote_endpoint().address().to_string()};
    for (const auto& field : from) request.headers.add(field.name_string(), field.value());
    http::RequestHandle ongoing;
    const auto begin = [&](http::JobApi::Respond respond) {
        ongoing = api.handle(std::move(request), std::move(respond));
    };
    auto response =
        co_await (asyncjobs::await_callback<http::Response>(begin) || watch(stream, ongoing));
    auto message =
        http::to_wire(std::get<0>(std::move(response)), from.version() == 11, from.keep_alive());
    std::optional<std::string> piece = std::move(message.start);
    while (piece) {
        stream.expires_after(write_time);
        co_await asio::async_write(stream, asio::buffer(*piece), asio::use_awaitable);
        if (!message.rest) break;
        piece = co_await next(stream, *message.rest);
    }
    co_return message.keep_alive;
}

} // namespace mount
