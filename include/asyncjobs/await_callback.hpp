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

/// For coroutines of Boost.Asio, a host's own or handlers: waits, without a thread, for what a
/// function hands to the callback that is its last argument, from whichever thread:
///
///     auto answer = co_await await_callback<http::Response>(&http::JobApi::handle, &api, request);
///
/// Cancelled, it ends at once with a default-made one, and what comes later is dropped.
///
/// Thread-safety  For coroutines on an executor that runs one handler at a time.
/// Ownership      The io_context outlives whatever calls back; what comes keeps it at work.
template <typename What, typename Function, typename... Arguments>
boost::asio::awaitable<What> await_callback(Function function, Arguments... arguments) {
    namespace asio = boost::asio;
    return asio::async_initiate<const asio::use_awaitable_t<>, void(What)>(
        [](auto handler, Function start, Arguments... with) {
            using Waiting = std::optional<decltype(handler)>; // empty: it goes on already
            const auto waiting = std::make_shared<Waiting>(std::move(handler));
            const auto executor = asio::prefer(asio::get_associated_executor(**waiting),
                                               asio::execution::outstanding_work.tracked);
            const auto go_on = [executor](std::shared_ptr<Waiting> coroutine, What what) {
                asio::post(executor, [coroutine, what = std::move(what)]() mutable {
                    auto once = std::exchange(*coroutine, std::nullopt);
                    if (once) (*once)(std::move(what));
                });
            };
            auto slot = asio::get_associated_cancellation_slot(**waiting);
            if (slot.is_connected())
                slot.assign([go_on, weak = std::weak_ptr(waiting)](asio::cancellation_type) {
                    if (auto coroutine = weak.lock()) go_on(std::move(coroutine), What());
                });
            std::invoke(start, std::move(with)...,
                        [go_on, waiting](What what) { go_on(waiting, std::move(what)); });
        },
        asio::use_awaitable, std::move(function), std::move(arguments)...);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
