#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/detail/pending_operation.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// For coroutines of Boost.Asio, a host's own or handlers: calls a function whose last argument is
/// a callback, and waits without a thread for the callback's value, from whichever thread it comes:
///
///     auto got = co_await await_callback<http::Response>(&http::JobApi::handle, &api, request);
///
/// If cancelled, returns a default-constructed value at once, and drops the later one.
///
/// Thread-safety  Full.
/// Ownership      The io_context must outlive the callback; a pending callback keeps it running.
template <typename What, typename Function, typename... Arguments>
boost::asio::awaitable<What> await_callback(Function function, Arguments... arguments) {
    namespace asio = boost::asio;
    return asio::async_initiate<const asio::use_awaitable_t<>, void(What)>(
        [](auto handler, Function start, Arguments... with) {
            const auto operation = detail::pending_operation(std::move(handler));
            operation->when_cancelled(asio::cancellation_type::all,
                                      [](auto& pending) { pending.complete_later(What()); });
            std::invoke(start, std::move(with)...,
                        [operation](What what) { operation->complete_later(std::move(what)); });
        },
        asio::use_awaitable, std::move(function), std::move(arguments)...);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
