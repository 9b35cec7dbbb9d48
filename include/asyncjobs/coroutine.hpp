#pragma once

#include <asyncjobs/handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// One run of a coroutine. Owned by its frame.
struct CoroutineRun {
    CoroutineRun(const boost::asio::any_io_executor& executor, JobContext& of)
        : strand(boost::asio::make_strand(executor)), context(of) {}

    boost::asio::strand<boost::asio::any_io_executor> strand;
    JobContext& context;
    boost::asio::cancellation_signal cancellation; ///< emitted on the strand
};

/// A stop token's callback: forwards the request to the run's strand.
class ASYNCJOBS_DECL CancelCoroutine {
public:
    explicit CancelCoroutine(const std::shared_ptr<CoroutineRun>& run) noexcept : run_(run) {}
    void operator()() const;

private:
    std::weak_ptr<CoroutineRun> run_;
};

/// Returns Interrupted for an operation aborted because of `stop`, and any other exception
/// unchanged.
ASYNCJOBS_DECL std::exception_ptr interruption(std::exception_ptr thrown,
                                               const std::stop_token& stop);

/// Fails to compile, with the remedy, unless `Function` is a coroutine of `Input`.
template <typename Input, typename Function>
constexpr bool require_coroutine() {
    constexpr bool is_callable = require_callable<Input, Function>();
    static_assert(!is_callable || Coroutine<Input, Function>,
                  "coroutine() makes a handler of a function that returns "
                  "boost::asio::awaitable<Result>; any other is registered as it is: "
                  "handle<Input>(handler)");
    return Coroutine<Input, Function>;
}

} // namespace detail

/// A handler that is a coroutine. Made by coroutine().
///
/// Thread-safety  As the function's.
/// Ownership      Active runs keep the function alive.
template <typename Function>
class CoroutineHandler {
public:
    CoroutineHandler(boost::asio::any_io_executor executor, Function function)
        : executor_(std::move(executor)),
          function_(std::make_shared<const Function>(std::move(function))) {}

    /// For Executor::handle_async: a function over JsonText.
    void operator()(const JsonText& input, JobContext& context, Completion done) const {
        start(JsonText(input), context, std::move(done));
    }

    /// For Executor::handle<Input>: a function over structs.
    template <typename Input>
    AsyncHandlerFunction typed() const {
        return [self = *this](const JsonText& input, JobContext& context, Completion done) {
            self.start(detail::typed_input<Input>(input), context, std::move(done));
        };
    }

private:
    template <typename Input>
    void start(Input input, JobContext& context, Completion done) const {
        if constexpr (detail::require_coroutine<Input, Function>()) {
            const auto run = std::make_shared<detail::CoroutineRun>(executor_, context);
            auto on_end = [run, done = std::move(done)](std::exception_ptr thrown,
                                                        JsonText result) {
                done(detail::interruption(std::move(thrown), run->context.stop_token()),
                     std::move(result));
            };
            boost::asio::co_spawn(
                run->strand, perform(run, function_, std::move(input)),
                boost::asio::bind_cancellation_slot(run->cancellation.slot(), std::move(on_end)));
        }
    }

    /// The parameters live as long as the coroutine: `function` may keep references to them.
    template <typename Input>
    static boost::asio::awaitable<JsonText> perform(std::shared_ptr<detail::CoroutineRun> run,
                                                    std::shared_ptr<const Function> function,
                                                    Input input) {
        const std::stop_callback on_stop(run->context.stop_token(), detail::CancelCoroutine(run));
        using Awaitable = decltype(detail::call_typed(*function, std::move(input), run->context));
        using Result = typename std::remove_cvref_t<Awaitable>::value_type;
        if constexpr (std::is_void_v<Result>) {
            co_await detail::call_typed(*function, std::move(input), run->context);
            co_return JsonText();
        } else {
            auto result = co_await detail::call_typed(*function, std::move(input), run->context);
            co_return detail::typed_result(std::move(result));
        }
    }

    boost::asio::any_io_executor executor_;
    std::shared_ptr<const Function> function_;
};

/// Makes a handler of `function(Input[, JobContext&]) -> boost::asio::awaitable<Result>`,
/// which takes no thread: thousands may be suspended at once, up to ExecutorOptions::concurrency.
/// `Input` is the struct, or a JsonText with Executor::handle_async; by value or by reference, both
/// live as long as the run. `Result` is void, a JsonText, or a struct described by Boost.Describe.
/// Exceptions have the same meaning as in other handlers.
///
///     executor.handle<SalesReport>(asyncjobs::coroutine(context.get_executor(), make_report));
///
/// Each run has its own strand over `executor`, and must not block it. When the job is to stop, the
/// run's cancellation slot is emitted there: a pending operation ends with
/// `boost::asio::error::operation_aborted`, and a coroutine that lets it pass has been interrupted,
/// not failed. ProgressReporter::report() and check() are cancellation points as well.
///
/// The executor's context must exist and run as long as the Executor is started. Runs destroyed
/// with it fail their attempts; after the Executor has stopped they have no effect.
template <typename Function>
[[nodiscard]] CoroutineHandler<std::decay_t<Function>>
coroutine(boost::asio::any_io_executor executor, Function&& function) {
    return {std::move(executor), std::forward<Function>(function)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/coroutine.ipp>
#endif
