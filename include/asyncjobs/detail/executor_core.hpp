#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/attempt_outcome.hpp>
#include <asyncjobs/detail/closable_store.hpp>
#include <asyncjobs/detail/handler_store.hpp>
#include <asyncjobs/detail/lease_keeper.hpp>
#include <asyncjobs/detail/maintenance.hpp>
#include <asyncjobs/detail/middleware_chain.hpp>
#include <asyncjobs/detail/refused_outcomes.hpp>
#include <asyncjobs/detail/run_leases.hpp>
#include <asyncjobs/detail/slot_planner.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// A registered handler: one of the two functions is set.
struct Handler {
    HandlerFunction run;
    AsyncHandlerFunction run_async;
    HandlerOptions options;
};

inline HandlerKind kind_of(const Handler& handler) noexcept {
    return handler.run_async ? HandlerKind::async : HandlerKind::blocking;
}

/// The engine of an Executor.
///
/// At most one exchange with the store is active. Outcomes and demand for jobs accumulate
/// meanwhile, and the next exchange takes them all: batches grow with load and vanish when idle. No
/// step of this loop waits for a timer; timers only make up for missing hints.
///
/// A job is `live` from its claim to its accepted settlement: `ready` (waits for a slot, and for a
/// thread if its handler blocks), running, or ended (waits for the next exchange).
class ASYNCJOBS_DECL ExecutorCore {
public:
    ExecutorCore(JobStore& store, Runtime& runtime, ExecutorOptions options);
    ~ExecutorCore();
    ExecutorCore(const ExecutorCore&) = delete;
    ExecutorCore& operator=(const ExecutorCore&) = delete;

    void handle(std::string type, Handler handler);
    void use(Middleware middleware);
    void start();
    void set_concurrency(unsigned concurrency);
    void set_queues(std::vector<ServedQueue> queues);
    void stop(Duration grace, Duration grace_to_stop, std::optional<Duration> record_within = {});
    void stop_async(Duration grace, Duration grace_to_stop, std::function<void()> done);
    std::string_view worker() const noexcept { return worker_; }

private:
    using Lock = std::unique_lock<std::mutex>;
    using AttemptPtr = std::shared_ptr<Attempt>;

    /// Lets asynchronous handlers end after their executor was destroyed, without effect.
    struct Link {
        std::shared_mutex mutex;
        ExecutorCore* core; ///< null once the executor is destroyed
    };
    enum class Phase { created, started, stopping, stopped };

    /// The notifications of an exchange, sent once no lock is held.
    struct News {
        bool is_watched = false; ///< the store's hints have subscribers
        std::vector<JobId> changed = {};
        std::vector<JobEvent> events = {};
        std::set<std::string> ready_queues = {};
        bool needs_promotion = false;
    };

    // The exchange loop (impl/exchange_loop.ipp). `run_exchange` and its callees run on
    // exchange_lane_.
    void schedule_exchange(Lock&);
    bool wants_exchange() const;
    void run_exchange();
    void recover(std::vector<Settlement>& settlements);
    SlotPlanner::Claim plan_claim();
    void apply(const std::vector<Settlement>& settlements, Exchange exchange, std::size_t wanted,
               bool ahead, SteadyTime asked_at);
    void note_ended(Lock&, const Settlement& settlement, const Settled& settled, News& news);
    void publish(News news);
    void on_store_fault(std::vector<Settlement> settlements, const std::exception& fault,
                        SteadyTime asked_at);
    void note_fault(const std::exception& fault);
    void note_recovery(Lock&);
    Attempts adopt(Lock&, std::vector<ClaimedJob> jobs, SteadyTime claimed_at, bool ahead);
    AttemptPtr forget(Lock&, const LeaseRef& lease);
    void claim_soon();

    // Settlements that the store refuses (impl/refused_settlements.ipp); on exchange_lane_, too.
    Exchange settle_one_by_one(std::vector<Settlement>& settlements, const ClaimRequest& request);
    void prove_writable(const LeaseRef& lease);
    void keep_refused(std::vector<Settlement> settlements, const std::string& fault);
    void settle_refused();
    bool settle_refused(RefusedOutcome& refused, Exchange& result);
    void note_refused(Lock&, std::string_view fault);
    void note(LogEntry::Level level, std::string message, const JobId& job = {});
    void log_notes();

    // Running handlers (impl/running.ipp).
    void dispatch(Lock&);
    void work();
    void start_async();
    const Handler& begin(const AttemptPtr& attempt);
    void check_start(Attempt& attempt, const Handler& handler) const;
    void run(const AttemptPtr& attempt);
    void run_async(const AttemptPtr& attempt);
    void free_slot(const AttemptPtr& attempt);
    void finish(const AttemptPtr& attempt, const std::exception_ptr& thrown, JsonText result);
    void end(Lock&, const AttemptPtr& attempt, Settlement settlement);
    void give_up(const AttemptPtr& attempt);
    /// Without a delay, the job keeps its place in its queue.
    void release(Lock&, const AttemptPtr& attempt, Duration delay = {});
    void release_unknown(Lock&, const AttemptPtr& attempt);
    bool has_suspect(Lock&) const;
    void release_overdue();
    Attempts under_way();
    const Handler& handler_of(const AttemptPtr& attempt) const;
    const RetryPolicy& retry_policy_of(const Handler& handler) const;

    // Lifecycle, hints and logs (impl/executor_core.ipp).
    /// The executor whose handler the calling thread runs.
    static const ExecutorCore*& runs_handler_of() noexcept;
    void wrap_handlers();
    void halt();
    void notice_drained(Lock&);
    void on_ready(std::string_view queue);
    void on_cancel_requested(std::span<const JobId> ids);
    bool may_rescue();
    void on_rescued(const std::vector<Rescued>& rescued);
    void on_clock_notice(const ClockNotice& notice);
    void publish_progress(const ClaimedJob& job, int percent);
    void publish_started(const ClaimedJob& job);
    void publish_rescued(const std::vector<Rescued>& rescued);
    void log(LogEntry::Level level, const std::string& message, const JobId& job = {});

    ClosableStore store_;
    Runtime& runtime_;
    const ExecutorOptions options_;
    const std::string worker_;
    std::map<std::string, Handler> handlers_;
    MiddlewareChain middleware_;

    std::mutex mutex_; ///< guards all down to drained_
    Phase phase_ = Phase::created;
    SlotPlanner planner_;
    std::unordered_map<JobId, AttemptPtr> live_;
    std::vector<Settlement> ended_;
    bool settles_soon_ = false; ///< includes one whose worker was lost before
    bool exchanging_ = false;
    std::optional<SteadyTime> unknown_since_; ///< start of the first exchange with unknown outcome
    int faults_ = 0;                          ///< in a row
    SteadyTime failing_since_ = {};           ///< if faults_ > 0
    SteadyTime no_rescue_before_ = {}; ///< after an outage, other workers renew their leases first
    RefusedOutcomes refused_;
    int refused_rounds_ = 0;   ///< consecutive rounds of retries
    bool is_failing_ = false;  ///< the log's latest state of the store
    bool is_refusing_ = false; ///< likewise: it refuses outcomes
    bool is_full_ = false;     ///< likewise: too many of them
    RunLeases run_leases_;
    bool waits_to_retry_ = false; ///< the timer starts the next exchange
    std::set<std::string> unknown_types_;
    unsigned stops_ = 0;             ///< active asynchronous ones, with a thread each
    std::unique_ptr<Event> drained_; ///< set when stopping and nothing is live, or stopped

    std::mutex halt_mutex_;
    std::atomic<bool> stopped_in_time_ = true; ///< the store has recorded all outcomes

    std::vector<LogEntry> notes_; ///< of the exchange lane, logged when it holds no lock
    std::mutex log_mutex_;
    std::shared_ptr<Link> link_;
    const std::shared_ptr<HandlerStore> access_;
    std::unique_ptr<LeaseKeeper> lease_keeper_;
    std::unique_ptr<Maintenance> maintenance_;
    std::unique_ptr<Timer> claim_timer_;
    std::unique_ptr<Timer> refused_timer_;
    // Destroyed first, in reverse order: their tasks use everything above.
    std::unique_ptr<Lane> exchange_lane_;
    std::unique_ptr<Lane> maintenance_lane_;
    std::unique_ptr<Lane> workers_;
    std::unique_ptr<Lane> stop_lane_;  ///< for stop_async(); null until its first call
    std::unique_ptr<Lane> async_lane_; ///< starts asynchronous handlers; null without any
    Notifier::Subscription ready_subscription_;
    Notifier::Subscription cancel_subscription_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/exchange_loop.ipp>
#include <asyncjobs/impl/executor_core.ipp>
#include <asyncjobs/impl/refused_settlements.ipp>
#include <asyncjobs/impl/running.ipp>
#endif
