#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/handler.hpp>
#include <asyncjobs/job_store.hpp>
#include <asyncjobs/log_entry.hpp>
#include <asyncjobs/runtime.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

class EventStream;

/// A queue that an executor serves: `"reports"`, or with a weight `{"reports", 3}`.
struct ServedQueue {
    ServedQueue(std::string queue, unsigned chances = 0)
        : name(std::move(queue)), weight(chances) {}
    ServedQueue(std::string_view queue, unsigned chances = 0)
        : ServedQueue(std::string(queue), chances) {}
    ServedQueue(const char* queue, unsigned chances = 0)
        : ServedQueue(std::string(queue), chances) {}

    std::string name;
    /// 0-1000. Queues without a weight are served in the given order, after the weighted ones. Each
    /// claim draws a random order of the weighted queues, with chances in proportion to the
    /// weights, so that no queue starves.
    unsigned weight;
};

/// Every member is checked by Executor's constructor.
struct ExecutorOptions {
    std::vector<ServedQueue> queues = {"default"};
    unsigned concurrency = 0; ///< 0-10000; jobs at once; 0: one per core, at least 2
    /// 0-10000; how many of these may take a thread each, started on demand; 0: `concurrency`.
    /// Asynchronous handlers take none.
    unsigned threads = 0;
    std::string worker = {}; ///< this executor's name in the store; empty: host, process, random
    TimeSpan lease_for =
        std::chrono::seconds{30}; ///< 100 ms - 1 day; a crash delays its jobs by about as long
    TimeSpan poll_every = std::chrono::seconds{1}; ///< 1 ms - 1 hour; makes up for lost hints
    TimeSpan report_every =
        std::chrono::milliseconds{250};              ///< 1 ms - 1 min; how often progress is stored
    TimeSpan rescue_every = std::chrono::seconds{5}; ///< 1 ms - 1 hour
    TimeSpan purge_every = std::chrono::minutes{1};  ///< 1 ms - 1 day
    /// How long a timed-out handler may take to stop. After it the attempt has failed, and another
    /// job takes its slot; its thread, if it has one, is replaced, and ends when the handler
    /// returns.
    TimeSpan timeout_grace = std::chrono::seconds{5};
    /// 1-1000; lost workers until a job is quarantined. An executor runs jobs that are one crash
    /// below the limit one at a time, so that none is quarantined for another's crash.
    int crash_limit = 3;
    /// 10 ms - 1 hour; how long stop() and the destructor, after waiting for handlers, let the
    /// store record the outcomes. The destructor then interrupts the calls of a store that hangs.
    Duration record_within = std::chrono::seconds{5};
    unsigned prefetch_limit = 1000; ///< 0-100000; most short jobs claimed ahead of a free thread
    RetryPolicy retry = {};         ///< for types without a policy of their own
    /// Apply to this executor's jobs only; names are unique. For limits over all processes see
    /// Client::set_limit.
    std::vector<Limit> limits = {};
    /// Called from any thread, one call at a time; must neither throw nor call the executor.
    std::function<void(const LogEntry&)> log = {};
    EventStream* events = nullptr; ///< borrowed: receives what happens to jobs here
};

/// Claims jobs, runs their handlers and settles them. Any number of executors, in any number of
/// processes, may share a store.
///
/// Register handlers, then start(). A job whose type has no handler here is released for a worker
/// that has one.
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
    void handle(std::string type, HandlerFunction function, HandlerOptions options = {});

    /// Fails to compile, with the remedy: `Function` is no HandlerFunction.
    template <detail::NoHandlerFunction Function>
    void handle(std::string, Function, HandlerOptions = {}) {
        detail::require_handler_function<Function>();
    }

    /// Runs jobs of `type` without a thread: see AsyncHandlerFunction.
    void handle_async(std::string type, AsyncHandlerFunction function, HandlerOptions options = {});

    /// Runs jobs of type `Input::type` with `function(const Input&[, JobContext&])`, which
    /// returns nothing, a JsonText, or a struct described by Boost.Describe; or without a thread,
    /// with an adapter that makes an asynchronous handler: see coroutine() in coroutine.hpp.
    template <typename Input, typename Function>
    void handle(Function function, HandlerOptions options = {}) {
        if constexpr (!detail::require_described_job<Input>())
            return;
        else if constexpr (AsyncHandlerAdapter<Function, Input>)
            handle_async(std::string(Input::type), function.template typed<Input>(),
                         std::move(options));
        else
            handle(std::string(Input::type), typed_handler<Input>(std::move(function)),
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
    /// refunded. Returns when all of that is recorded, or after `record_within` more if the store
    /// could not record it: at the latest after the sum of the three. A concurrent call does the
    /// same with its own graces, so that `stop({}, {})` ends both at once. Does nothing once
    /// stopped.
    ///
    /// Blocks. Code on an io_context that handlers of this executor need, such as a coroutine, uses
    /// stop_async() instead. Throws Error (Errc::conflict) if called by a blocking handler of this
    /// executor, which would wait for itself.
    void stop(Duration grace = {}, Duration grace_to_stop = std::chrono::seconds{5});
    /// The same with another time limit than ExecutorOptions::record_within.
    void stop(Duration grace, Duration grace_to_stop, Duration record_within);

    /// Like stop(), on a thread of its own, which finally calls `done`: that must not block, throw,
    /// or destroy the executor. See async_stop() in coroutine.hpp.
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
