#pragma once

#include <asyncjobs/config.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/system_context.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Whether Asio's own threads run what is posted to `Executor`: that of a handler without one.
template <typename Executor>
concept IsSystemExecutor = requires(const Executor& executor) {
    {
        boost::asio::query(executor, boost::asio::execution::context)
        } -> std::same_as<boost::asio::system_context&>;
};

/// An asynchronous operation of Boost.Asio whose result comes from any thread: calls its completion
/// handler once, on the handler's executor, and keeps that executor's context running until then.
///
/// Thread-safety  Full.
/// Ownership      The executor's context must outlive the operation.
template <typename Handler>
class PendingOperation : public std::enable_shared_from_this<PendingOperation<Handler>> {
public:
    explicit PendingOperation(Handler handler)
        : slot_(boost::asio::get_associated_cancellation_slot(handler)),
          call_(Call{boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                         boost::asio::execution::outstanding_work.tracked),
                     std::move(handler)}) {}

    /// Calls the handler with `values`; does nothing after the first time. A handler without an
    /// executor is called at once.
    template <typename... Values>
    void complete(Values... values) noexcept {
        finish<IsSystemExecutor<Executor>>(std::move(values)...);
    }

    /// The same, but never calls the handler before it returns.
    template <typename... Values>
    void complete_later(Values... values) noexcept {
        finish<false>(std::move(values)...);
    }

    /// Calls `on_cancel` if the operation is cancelled, in a way that `accepted` has, while it is
    /// pending. Only before the operation starts.
    template <typename OnCancel>
    void when_cancelled(boost::asio::cancellation_type accepted, OnCancel on_cancel) {
        if (!slot_.is_connected()) return;
        slot_.assign([weak = this->weak_from_this(), accepted,
                      on_cancel = std::move(on_cancel)](boost::asio::cancellation_type type) {
            if ((type & accepted) == boost::asio::cancellation_type::none) return;
            if (const auto self = weak.lock()) on_cancel(*self);
        });
    }

private:
    using Executor = boost::asio::associated_executor_t<Handler>;
    using Tracked = std::decay_t<decltype(boost::asio::prefer(
        std::declval<Executor>(), boost::asio::execution::outstanding_work.tracked))>;
    struct Call {
        Tracked executor;
        Handler handler;
    };

    template <bool at_once, typename... Values>
    void finish(Values... values) noexcept {
        if (is_over_.exchange(true)) return;
        try {
            auto call = *std::exchange(call_, std::nullopt);
            auto run = [handler = std::move(call.handler), ... with = std::move(values)]() mutable {
                std::move(handler)(std::move(with)...);
            };
            if constexpr (at_once)
                boost::asio::dispatch(call.executor, std::move(run));
            else
                boost::asio::post(call.executor, std::move(run));
        } catch (...) { // out of memory: the handler is destroyed
        }
    }

    boost::asio::associated_cancellation_slot_t<Handler> slot_;
    std::atomic<bool> is_over_ = false;
    std::optional<Call> call_;
};

/// Makes the operation that calls `handler`, for the callbacks that share it.
template <typename Handler>
std::shared_ptr<PendingOperation<Handler>> pending_operation(Handler handler) {
    return std::make_shared<PendingOperation<Handler>>(std::move(handler));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
