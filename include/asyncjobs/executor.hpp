#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/executor_options.hpp>
#include <asyncjobs/handler.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/type_name.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Claims jobs, runs their handlers and settles them. Any number of executors, in any number of
/// processes, may share a store.
///
/// Register handlers, then start(). A job whose type has no handler here is released for a worker
/// that has one. If the store has operators(), the executor reports to them and obeys their orders.
///
/// Thread-safety  Full, but handle() and use() may be called only before start().
/// Ownership      Borrows the store, which must outlive it.
/// Errors         Bad options throw Error (Errc::invalid_argument) that names the option, the value
///                and the range. A failing store is retried until it recovers; the failure and the
///                recovery are logged once each. Outcomes that a working store refuses are kept,
///                without a slot, up to a bound: see docs/operations.md.
class ASYNCJOBS_DECL Executor {
public:
    explicit Executor(JobStore& store, ExecutorOptions options = {});
    Executor(JobStore& store, std::shared_ptr<Runtime> runtime, ExecutorOptions options = {});

    /// Calls stop() with no grace, then waits for handlers that ignore their stop token. Does not
    /// wait for a store that hangs: see ExecutorOptions::record_within. Must not be called by a
    /// handler of this executor.
    ~Executor();

    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Runs jobs of `type` with `function(const JsonText& input, JobContext&) -> JsonText`.
    void handle(TypeName type, HandlerFunction function, HandlerOptions options = {});

    /// Fails to compile, with the remedy: `Function` is no HandlerFunction.
    template <detail::NoHandlerFunction Function>
    void handle(TypeName, Function, HandlerOptions = {}) {
        detail::require_handler_function<Function>();
    }

    /// Runs jobs of `type` without a thread: see AsyncHandlerFunction.
    void handle_async(TypeName type, AsyncHandlerFunction function, HandlerOptions options = {});

    /// Runs jobs of type `Input::type` with `function(const Input&[, JobContext&])`, which
    /// returns nothing, a JsonText, or a struct described by Boost.Describe; or without a thread,
    /// with an adapter that makes an asynchronous handler: see coroutine() in coroutine.hpp.
    template <typename Input, typename Function>
    void handle(Function function, HandlerOptions options = {}) {
        if constexpr (!detail::require_described_job<Input>())
            return;
        else if constexpr (AsyncHandlerAdapter<Function, Input>)
            handle_async(std::string_view(Input::type), function.template typed<Input>(),
                         std::move(options));
        else
            handle(std::string_view(Input::type), typed_handler<Input>(std::move(function)),
                   std::move(options));
    }

    /// Wraps the handlers of all types, including those registered before.
    void use(Middleware middleware);

    /// Begins to claim jobs; returns at once.
    void start();

    /// Replaces ExecutorOptions::concurrency, with the same checks. A higher value takes effect at
    /// once, a lower one as running jobs end.
    void set_concurrency(unsigned concurrency);

    /// Replaces ExecutorOptions::queues, with the same checks. Jobs already claimed run.
    void set_queues(std::vector<ServedQueue> queues);

    /// Stops claiming and waits up to `grace` for running handlers; then requests them to stop, and
    /// releases jobs that have not finished after `grace_to_stop` more, with their attempts
    /// refunded. Returns when all of that is recorded, and the stop reported to operators, or after
    /// `record_within` more if the store could not record it: at the latest after the sum of the
    /// three. A concurrent call does the same with its own graces, so that `stop({}, {})` ends both
    /// at once. Does nothing once stopped.
    ///
    /// Blocks. Code on an io_context that handlers of this executor need, such as a coroutine, uses
    /// stop_async() instead. Throws Error (Errc::conflict) if called by a blocking handler of this
    /// executor, which would wait for itself.
    void stop(Duration grace = {}, Duration grace_to_stop = std::chrono::seconds{5});
    /// The same with another time limit than ExecutorOptions::record_within.
    void stop(Duration grace, Duration grace_to_stop, Duration record_within);

    /// Like stop(), on a thread of its own, which finally calls `done`: that must not block, throw,
    /// or destroy the executor. See async_stop() in async.hpp.
    void stop_async(Duration grace, Duration grace_to_stop, std::function<void()> done);

    std::string_view worker() const noexcept; ///< this executor's name in the store

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/executor.ipp>
#endif
