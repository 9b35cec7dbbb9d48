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
    /// 0-1000. Queues without a weight are served in the order given, after those that have one.
    /// Those are tried in an order that is drawn anew for each claim, with chances in proportion
    /// to the weights, so that none starves.
    unsigned weight;
};

/// Every member is checked by Executor's constructor.
struct ExecutorOptions {
    std::vector<ServedQueue> queues = {"default"};
    unsigned concurrency = 0; ///< 0-10000; jobs at once; 0: one a core, but at least 2
    /// 0-10000; of these, how many may take a thread each, which is started when it is needed; 0:
    /// as concurrency. Asynchronous handlers take none.
    unsigned threads = 0;
    std::string worker = {}; ///< names this executor in the store; empty: host, process, random
    TimeSpan lease_for =
        std::chrono::seconds{30}; ///< 100 ms - 1 day; a crash costs about this long
    TimeSpan poll_every = std::chrono::seconds{1}; ///< 1 ms - 1 hour; the safety net under hints
    TimeSpan report_every =
        std::chrono::milliseconds{250};              ///< 1 ms - 1 min; progress, to the store
    TimeSpan rescue_every = std::chrono::seconds{5}; ///< 1 ms - 1 hour
    TimeSpan purge_every = std::chrono::minutes{1};  ///< 1 ms - 1 day
    /// A timed-out handler's time to stop by itself. After it the attempt has failed, and another
    /// job takes its place; its thread, if it has one, is replaced, and ends when it comes back.
    TimeSpan timeout_grace = std::chrono::seconds{5};
    /// 1-1000; lost workers until a job is quarantined. Of jobs with one chance left, an executor
    /// runs one at a time, so that none goes down with another.
    int crash_limit = 3;
    /// 10 ms - 1 hour; how long stop() and the destructor, once handlers have been waited for, let
    /// the store record how they ended. The destructor then interrupts the calls of a store that
    /// hangs.
    Duration record_within = std::chrono::seconds{5};
    unsigned prefetch_limit =
        1000;               ///< 0-100000; short jobs claimed ahead of a free thread, at most
    RetryPolicy retry = {}; ///< of types that have none of their own
    /// Of the jobs of this executor alone; no two of one name. For those over all processes see
    /// Client::set_limit.
    std::vector<Limit> limits = {};
    /// Called from any thread, one call at a time; must neither throw nor call the executor.
    std::function<void(const LogEntry&)> log = {};
    EventStream* events = nullptr; ///< borrowed: told what becomes of jobs here
};

/// Claims jobs, runs their handlers, settles them; several in any number of processes share a
/// store.
///
/// Register handlers, then start(). A job whose type has no handler here is given back to wait for
/// a worker that has one.
///
/// Thread-safety  Full, but that handle() and use() may be called only before start().
/// Ownership      Borrows the store, which must outlive it.
/// Errors         Bad options throw Error (Errc::invalid_argument) that names the option, the value
///                and the range. A store that fails is retried for as long as it takes, and logged
///                once as it goes and as it comes back. Ends of jobs that it refuses while it works
///                are kept, without a slot, up to a bound: see docs/operations.md.
class ASYNCJOBS_DECL Executor {
public:
    explicit Executor(JobStore& store, ExecutorOptions options = {});
    Executor(JobStore& store, std::shared_ptr<Runtime> runtime, ExecutorOptions options = {});

    /// stop(), with no grace; then waits for handlers that ignore their stop token. A store that
    /// hangs is not waited for: see ExecutorOptions::record_within. Must not be called by a handler
    /// of its own.
    ~Executor();

    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Runs jobs of `type` with `function(const JsonText& input, ProgressReporter&) -> JsonText`.
    void handle(std::string type, HandlerFunction function, HandlerOptions options = {});

    template <detail::NoHandlerFunction Function>
    void handle(std::string, Function, HandlerOptions = {}) {
        detail::require_handler_function<Function>();
    }

    /// Runs jobs of `type` without a thread: see AsyncHandlerFunction.
    void handle_async(std::string type, AsyncHandlerFunction function, HandlerOptions options = {});

    /// Runs jobs of type `Input::type` with `function(const Input&[, ProgressReporter&])`, which
    /// returns nothing, a JsonText, or a struct described by Boost.Describe; or without a thread,
    /// with what makes an asynchronous handler of one: see coroutine() in coroutine.hpp.
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

    /// Wraps the handlers of all types, those that were registered before it as well.
    void use(Middleware middleware);

    void start();

    /// Instead of ExecutorOptions::concurrency, checked likewise. More takes effect at once; less,
    /// as what runs ends.
    void set_concurrency(unsigned concurrency);

    /// Instead of ExecutorOptions::queues, checked likewise. What has been claimed runs.
    void set_queues(std::vector<ServedQueue> queues);

    /// Claims no more and waits up to `grace` for the handlers that run; then asks them to stop,
    /// and gives back what has not finished after `grace_to_stop` more, with its attempt refunded.
    /// Returns when all of that is recorded, or the store could not do it within `record_within`
    /// more: so it ends within the sum of the three. A call while another waits does the same with
    /// graces of its own, so that `stop({}, {})` ends both at once. When stopped, does nothing.
    ///
    /// Blocks. What runs on an io_context that handlers of this executor need, such as a coroutine,
    /// uses stop_async() instead. Throws Error (Errc::conflict) where a handler that has a thread
    /// calls it for its own executor, for which it would wait in vain.
    void stop(Duration grace = {}, Duration grace_to_stop = std::chrono::seconds{5});
    void stop(Duration grace, Duration grace_to_stop, Duration record_within);

    /// The same on a thread of its own, which calls `done` at the end: it must not block, throw, or
    /// destroy the executor. See async_stop() in coroutine.hpp.
    void stop_async(Duration grace, Duration grace_to_stop, std::function<void()> done);

    std::string_view worker() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/executor.ipp>
#endif
