#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/detail/pending_operation.hpp>
#include <asyncjobs/executor.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

/// For services on Boost.Asio: the calls of Client and Executor that block, as asynchronous
/// operations. Each takes a completion token (`use_awaitable`, the default; `use_future`; a
/// callback), and needs no thread of the service:
///
///     const auto submitted = co_await async_submit(client, std::move(job));
///     const auto job = co_await async_wait(client, submitted.id, 30s);
///
/// A handler is called on its associated executor, whose context keeps running until then and must
/// outlive the operation; a handler without one is called on a thread of the library, and must
/// neither block nor throw. Errors are the `std::exception_ptr` of the signature.
///
/// A cancelled operation ends at once with `boost::asio::error::operation_aborted`.
namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline std::exception_ptr operation_aborted() {
    return std::make_exception_ptr(
        boost::system::system_error(boost::asio::error::operation_aborted));
}

template <typename Token, typename Signature>
concept CompletesWith = boost::asio::completion_token_for<Token, Signature>;

using Submits = void(std::exception_ptr, Submitted);
using Waits = void(std::exception_ptr, std::optional<Job>);
using Stops = void(std::exception_ptr);

} // namespace detail

/// Client::submit() without blocking: completes with `(std::exception_ptr, Submitted)`. Submits
/// that are pending at the same time share transactions.
///
/// A cancelled submit may still happen; accepts terminal cancellation only.
template <detail::CompletesWith<detail::Submits> Token = const boost::asio::use_awaitable_t<>&>
auto async_submit(Client& client, NewJob job, Token&& token = boost::asio::use_awaitable) {
    return boost::asio::async_initiate<Token, detail::Submits>(
        [&client](auto handler, NewJob submitted) {
            const auto operation = detail::pending_operation(std::move(handler));
            operation->when_cancelled(boost::asio::cancellation_type::terminal, [](auto& pending) {
                pending.complete_later(detail::operation_aborted(), Submitted());
            });
            try {
                client.submit_async(std::move(submitted),
                                    [operation](std::exception_ptr error, Submitted outcome) {
                                        operation->complete(std::move(error), std::move(outcome));
                                    });
            } catch (...) {
                operation->complete_later(std::current_exception(), Submitted());
            }
        },
        token, std::move(job));
}

/// The same for `input`, described by Boost.Describe, with everything else from `job`: see
/// Client::submit().
template <detail::OneInput Input,
          detail::CompletesWith<detail::Submits> Token = const boost::asio::use_awaitable_t<>&>
auto async_submit(Client& client, const Input& input, NewJob job,
                  Token&& token = boost::asio::use_awaitable) {
    return async_submit(client, new_job(input, std::move(job)), std::forward<Token>(token));
}

/// The same for `input` alone.
template <detail::OneInput Input,
          detail::CompletesWith<detail::Submits> Token = const boost::asio::use_awaitable_t<>&>
auto async_submit(Client& client, const Input& input, Token&& token = boost::asio::use_awaitable) {
    return async_submit(client, new_job(input), std::forward<Token>(token));
}

/// Client::wait() without blocking: completes with `(std::exception_ptr, std::optional<Job>)`: the
/// finished job, or its current state after `at_most`; empty if no such job exists.
template <detail::CompletesWith<detail::Waits> Token = const boost::asio::use_awaitable_t<>&>
auto async_wait(Client& client, const JobId& id, Duration at_most,
                Token&& token = boost::asio::use_awaitable) {
    return boost::asio::async_initiate<Token, detail::Waits>(
        [&client, id, at_most](auto handler) {
            const auto operation = detail::pending_operation(std::move(handler));
            const auto wait = std::make_shared<Client::WaitHandle>();
            operation->when_cancelled(boost::asio::cancellation_type::all, [wait](auto& pending) {
                wait->cancel();
                pending.complete_later(detail::operation_aborted(), std::optional<Job>());
            });
            try {
                *wait = client.wait_async(
                    id, at_most, [operation](std::exception_ptr error, std::optional<Job> job) {
                        operation->complete(std::move(error), std::move(job));
                    });
            } catch (...) {
                operation->complete_later(std::current_exception(), std::optional<Job>());
            }
        },
        token);
}

/// Executor::stop() without blocking, so that the executor's own coroutines can continue and end:
/// completes with `(std::exception_ptr)`.
///
///     co_await asyncjobs::async_stop(executor, 10s, 5s);
///
/// The executor may be destroyed meanwhile, which ends the operation. If that is cancelled, the
/// executor continues to stop.
template <detail::CompletesWith<detail::Stops> Token = const boost::asio::use_awaitable_t<>&>
auto async_stop(Executor& executor, Duration grace = {},
                Duration grace_to_stop = std::chrono::seconds{5},
                Token&& token = boost::asio::use_awaitable) {
    return boost::asio::async_initiate<Token, detail::Stops>(
        [&executor, grace, grace_to_stop](auto handler) {
            const auto operation = detail::pending_operation(std::move(handler));
            operation->when_cancelled(boost::asio::cancellation_type::all, [](auto& pending) {
                pending.complete_later(detail::operation_aborted());
            });
            try {
                executor.stop_async(grace, grace_to_stop,
                                    [operation] { operation->complete(std::exception_ptr()); });
            } catch (...) {
                operation->complete_later(std::current_exception());
            }
        },
        token);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
