#pragma once

#include <asyncjobs/config.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// For coroutines of Boost.Asio, a host's own or handlers: calls a function whose last argument is
/// a callback, and waits without a thread for the callback's value, from whichever thread it comes:
///
///     auto got = co_await await_callback<http::Response>(&http::JobApi::handle, &api, request);
///
/// If cancelled, returns a default-constructed value at once, and drops the later one.
///
/// Thread-safety  For coroutines on an executor that runs one handler at a time.
/// Ownership      The io_context must outlive the callback; a pending callback keeps it running.
template <typename What, typename Function, typename... Arguments>
boost::asio::awaitable<What> await_callback(Function function, Arguments... arguments) {
    namespace asio = boost::asio;
    return asio::async_initiate<const asio::use_awaitable_t<>, void(What)>(
        [](auto handler, Function start, Arguments... with) {
            using Waiting = std::optional<decltype(handler)>; // empty: already resumed
            const auto waiting = std::make_shared<Waiting>(std::move(handler));
            const auto executor = asio::prefer(asio::get_associated_executor(**waiting),
                                               asio::execution::outstanding_work.tracked);
            const auto resume = [executor](std::shared_ptr<Waiting> coroutine, What what) {
                asio::post(executor, [coroutine, what = std::move(what)]() mutable {
                    auto once = std::exchange(*coroutine, std::nullopt);
                    if (once) (*once)(std::move(what));
                });
            };
            auto slot = asio::get_associated_cancellation_slot(**waiting);
            if (slot.is_connected())
                slot.assign([resume, weak = std::weak_ptr(waiting)](asio::cancellation_type) {
                    if (auto coroutine = weak.lock()) resume(std::move(coroutine), What());
                });
            std::invoke(start, std::move(with)...,
                        [resume, waiting](What what) { resume(waiting, std::move(what)); });
        },
        asio::use_awaitable, std::move(function), std::move(arguments)...);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
