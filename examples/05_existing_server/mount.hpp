// All that mounting takes, to copy into a host on Boost.Beast.

#pragma once

#include <asyncjobs/await_callback.hpp>
#include <asyncjobs/http/file_stream.hpp>
#include <asyncjobs/http/job_api.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

namespace mount {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = asyncjobs::http;
constexpr auto write_time = std::chrono::seconds{30};

/// Until the client is gone, who has nothing more to say.
inline asio::awaitable<void> hang_up(beast::tcp_stream& stream) {
    boost::system::error_code error;
    for (char unwanted[256]; !error;)
        co_await stream.socket().async_read_some(asio::buffer(unwanted),
                                                 asio::redirect_error(asio::use_awaitable, error));
}

/// Sends a body piece by piece, until it ends or the client is gone.
inline asio::awaitable<void> send(beast::tcp_stream& stream, std::shared_ptr<http::BodyStream> body,
                                  bool chunked) {
    using namespace asio::experimental::awaitable_operators;
    for (;;) {
        auto next = co_await (asyncjobs::await_callback<std::optional<std::string>>(
                                  &http::BodyStream::next, body.get()) ||
                              hang_up(stream));
        if (next.index() == 1) co_return;
        const auto piece = std::get<0>(std::move(next));
        std::string text = piece.value_or(""); // in chunks, an empty one is the end
        if (chunked) text = fmt::format("{:x}\r\n{}\r\n", text.size(), text);
        stream.expires_after(write_time);
        co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
        if (!piece) co_return;
    }
}

/// Has the API answer a request; false: the connection ends with its answer.
inline asio::awaitable<bool> answer(http::JobApi& api, beast::tcp_stream& stream,
                                    beast::http::request<beast::http::string_body> from) {
    http::Request request{.method = from.method_string(),
                          .target = from.target(),
                          .body = std::move(from.body()),
                          .remote_address =
                              stream.socket().remote_endpoint().address().to_string()};
    for (const auto& field : from) request.headers.add(field.name_string(), field.value());
    auto given = co_await asyncjobs::await_callback<http::Response>(&http::JobApi::handle, &api,
                                                                    std::move(request));
    beast::http::response<beast::http::string_body> response;
    response.result(given.status);
    for (const auto& [name, value] : given.headers) response.insert(name, value);
    auto* text = std::get_if<std::string>(&given.body);
    response.keep_alive(from.keep_alive() && text);
    if (text) response.body() = std::move(*text);
    if (from.version() == 11 && !http::body_length(given.body)) response.chunked(true);
    std::shared_ptr<http::BodyStream> body;
    if (auto* file = std::get_if<http::FileBody>(&given.body))
        body = http::stream_file(*file);
    else if (!text)
        body = std::get<std::shared_ptr<http::BodyStream>>(given.body);
    beast::http::response_serializer<beast::http::string_body> serializer(response);
    stream.expires_after(write_time);
    if (!body)
        co_await beast::http::async_write(stream, serializer, asio::use_awaitable);
    else
        co_await beast::http::async_write_header(stream, serializer, asio::use_awaitable);
    if (body) co_await send(stream, std::move(body), response.chunked());
    co_return response.keep_alive();
}

} // namespace mount
