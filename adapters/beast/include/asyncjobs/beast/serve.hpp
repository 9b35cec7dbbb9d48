#pragma once

#include <asyncjobs/await_callback.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/http/wire.hpp>
#include <asyncjobs/time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// A request as a host's server has read it.
using HostRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// Every member is checked by serve().
struct ServeOptions {
    TimeSpan write_timeout = std::chrono::seconds{30}; ///< 1 ms - 1 day; for each 64 KiB
    /// 1 ms - 1 min; after this time in a request, a disconnect of its client is detected.
    TimeSpan disconnect_check_delay = std::chrono::seconds{1};
};

namespace detail {

inline constexpr std::size_t slice_size = 64 * 1024;

/// One request of a host's session, on its way to the API.
struct Exchange {
    http::Request request = {};
    std::optional<http::Response> refusal = {}; ///< instead of what the API responds
    http::RequestHandle handle = {};
    bool http_1_1 = true;
    bool keep_alive = true;
    bool client_has_ended = false; ///< it sends nothing more
};

/// Checks the options, and the request for what proxies and servers read differently.
ASYNCJOBS_BEAST_DECL Exchange begin_exchange(http::JobApi& api, HostRequest request,
                                             std::string remote_address,
                                             const ServeOptions& options);

/// Reads until the client disconnects, and drops what it sends.
template <typename Stream>
boost::asio::awaitable<void> await_disconnect(Stream& stream) {
    boost::beast::get_lowest_layer(stream).expires_never();
    boost::system::error_code error;
    for (char ignored[256]; !error;)
        co_await stream.async_read_some(
            boost::asio::buffer(ignored),
            boost::asio::redirect_error(boost::asio::use_awaitable, error));
}

/// Cancels the wait of a request whose client disconnects. Ends when it is cancelled.
template <typename Stream>
boost::asio::awaitable<void> watch(Stream& stream, Exchange& exchange, Duration delay) {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::system::error_code error;
    boost::asio::steady_timer timer(executor, delay);
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return;
    boost::beast::get_lowest_layer(stream).expires_never();
    char next = 0;
    co_await stream.async_read_some(boost::asio::buffer(&next, 1),
                                    boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error == boost::asio::error::operation_aborted) co_return;
    exchange.keep_alive = false; // the next request has lost its first byte
    exchange.client_has_ended = error.failed();
    if (error) exchange.handle.cancel_wait();
    timer.expires_at(boost::asio::steady_timer::time_point::max());
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
}

/// The API's response; empty if the coroutine is cancelled.
template <typename Stream>
boost::asio::awaitable<std::optional<http::Response>>
response_of(http::JobApi& api, Stream& stream, Exchange& exchange, Duration delay) {
    using namespace boost::asio::experimental::awaitable_operators;
    using Received = std::optional<http::Response>;
    if (exchange.refusal) co_return std::move(exchange.refusal);
    const auto begin = [&api, &exchange](std::function<void(Received)> receive) {
        exchange.handle =
            api.handle(std::move(exchange.request),
                       [receive](http::Response response) { receive(std::move(response)); });
    };
    auto first = co_await (await_callback<Received>(begin) || watch(stream, exchange, delay));
    auto* const response = std::get_if<0>(&first);
    if (!response || !*response) {
        exchange.handle.cancel_wait();
        co_return std::nullopt;
    }
    co_return std::move(*response);
}

/// Returns false if the client has disconnected or does not read.
template <typename Stream>
boost::asio::awaitable<bool> write(Stream& stream, std::string_view text, Duration timeout) {
    boost::system::error_code error;
    while (!text.empty() && !error) {
        const auto slice = text.substr(0, slice_size);
        text.remove_prefix(slice.size());
        boost::beast::get_lowest_layer(stream).expires_after(timeout);
        co_await boost::asio::async_write(
            stream, boost::asio::buffer(slice),
            boost::asio::redirect_error(boost::asio::use_awaitable, error));
    }
    boost::beast::get_lowest_layer(stream).expires_never();
    co_return !error;
}

/// The next piece of a body; empty at its end, or if the client of a stream disconnects.
template <typename Stream>
boost::asio::awaitable<std::optional<std::string>>
next_piece(Stream& stream, http::BodyStream& body, bool is_stream) {
    using namespace boost::asio::experimental::awaitable_operators;
    using Piece = std::optional<std::string>;
    if (!is_stream) co_return co_await await_callback<Piece>(&http::BodyStream::next, &body);
    auto first = co_await (await_callback<Piece>(&http::BodyStream::next, &body) ||
                           await_disconnect(stream));
    auto* const piece = std::get_if<0>(&first);
    if (!piece) co_return std::nullopt;
    co_return std::move(*piece);
}

} // namespace detail

/// Passes a request to the API and writes the response, for a host that has a Beast server of its
/// own: `co_await beast::serve(api, stream, std::move(request))` in the loop of its session.
///
/// The target belongs to the API (JobApi::serves()). The limits of a request, and `Expect:
/// 100-continue`, are the host's. A client that disconnects while its request waits no longer
/// counts as waiting. A client that sends its next request while this one waits loses the
/// connection after the response.
///
/// `Stream` is a `boost::beast::tcp_stream`, or a `boost::asio::ssl::stream` over one after the
/// handshake. serve() sets its timeouts, and leaves it with none.
///
/// Returns        Whether the connection persists. false: close it.
/// Thread-safety  For coroutines on an executor that runs one handler at a time, which is the
///                stream's.
/// Ownership      Borrows API and stream until it returns. The io_context must outlive the API.
/// Errors         Bad options throw Error (Errc::invalid_argument). A client that disconnects or
///                does not read is no error.
template <typename Stream>
boost::asio::awaitable<bool> serve(http::JobApi& api, Stream& stream, HostRequest request,
                                   ServeOptions options) {
    boost::system::error_code error;
    const auto peer = boost::beast::get_lowest_layer(stream).socket().remote_endpoint(error);
    if (error) co_return false;
    auto exchange =
        detail::begin_exchange(api, std::move(request), peer.address().to_string(), options);
    auto response =
        co_await detail::response_of(api, stream, exchange, options.disconnect_check_delay);
    if (!response) co_return false;
    const bool is_stream =
        std::holds_alternative<std::shared_ptr<http::BodyStream>>(response->body);
    auto message = http::to_wire(std::move(*response), exchange.http_1_1, exchange.keep_alive);
    std::optional<std::string> piece = std::move(message.start);
    while (piece) {
        const bool is_written = co_await detail::write(stream, *piece, options.write_timeout);
        if (!is_written || (is_stream && exchange.client_has_ended)) co_return false;
        if (!message.rest) break;
        piece = co_await detail::next_piece(stream, *message.rest, is_stream);
    }
    co_return message.keep_alive;
}

/// With the default options.
template <typename Stream>
boost::asio::awaitable<bool> serve(http::JobApi& api, Stream& stream, HostRequest request) {
    return serve(api, stream, std::move(request), ServeOptions());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
