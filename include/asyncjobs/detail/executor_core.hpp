#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/closable_store.hpp>
#include <asyncjobs/detail/exchange_loop.hpp>
#include <asyncjobs/detail/executor_reports.hpp>
#include <asyncjobs/detail/handler_store.hpp>
#include <asyncjobs/detail/handler_table.hpp>
#include <asyncjobs/detail/heartbeats.hpp>
#include <asyncjobs/detail/lease_keeper.hpp>
#include <asyncjobs/detail/live_jobs.hpp>
#include <asyncjobs/detail/maintenance.hpp>
#include <asyncjobs/detail/slot_planner.hpp>
#include <asyncjobs/detail/tally_book.hpp>
#include <asyncjobs/executor_options.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The engine of an Executor: runs handlers, and connects the parts that decide what to claim and
/// start (SlotPlanner), talk to the store (ExchangeLoop), renew leases (LeaseKeeper), rescue and
/// purge jobs (Maintenance), and report to operators (Heartbeats).
///
/// A job is `live` from its claim to its accepted settlement: ready (waits for a slot, and for a
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

    // Running handlers (impl/running.ipp).
    Attempts adopt(Lock&, std::vector<ClaimedJob> jobs, SteadyTime claimed_at, bool ahead);
    SuspectPlan plan_suspects(Lock&, std::span<const ClaimedJob> jobs) const;
    void release_unknown(Lock&, const AttemptPtr& attempt);
    void dispatch(Lock&);
    void work();
    void start_async();
    const Handler& begin(const AttemptPtr& attempt);
    void check_start(Attempt& attempt, const Handler& handler) const;
    void run(const AttemptPtr& attempt);
    void run_async(const AttemptPtr& attempt);
    void finish(const AttemptPtr& attempt, const std::exception_ptr& thrown, JsonText result);
    void free_slot(const AttemptPtr& attempt);
    void give_up(const AttemptPtr& attempt);
    void release_overdue();
    const Handler& handler_of(const Attempt& attempt) const;

    // Reports to operators, and their orders (impl/executor_heartbeats.ipp).
    std::unique_ptr<Heartbeats> make_heartbeats();
    WorkerReport report();
    void obey(const WorkerOrder& order);
    void set_quiet(bool quiet);
    void on_rescued(const std::vector<Rescued>& jobs);

    // Lifecycle and hints (impl/executor_core.ipp).
    /// The executor whose handler the calling thread runs.
    static const ExecutorCore*& runs_handler_of() noexcept;
    Attempts live_attempts();
    bool may_rescue();
    void on_ready(std::string_view queue);
    void on_cancel_requested(std::span<const JobId> ids);
    void notice_drained(Lock&);
    void halt();

    ClosableStore store_;
    Runtime& runtime_;
    const ExecutorOptions options_;
    const std::string worker_;
    ExecutorReports reports_;
    HandlerTable handlers_;

    std::mutex mutex_; ///< guards all down to drained_, and the exchange loop
    Phase phase_ = Phase::created;
    SlotPlanner planner_;
    LiveJobs live_;
    TallyBook tallies_; ///< empty for a store without operators
    Timestamp started_at_ = {};
    std::set<std::string> unknown_types_;
    unsigned stops_ = 0;             ///< active asynchronous ones, with a thread each
    std::unique_ptr<Event> drained_; ///< set when stopping and nothing is live, or stopped

    std::mutex halt_mutex_;
    std::atomic<bool> stopped_in_time_ = true; ///< the store has recorded all outcomes
    std::shared_ptr<Link> link_;
    const std::shared_ptr<HandlerStore> access_;
    std::unique_ptr<LeaseKeeper> lease_keeper_;
    std::unique_ptr<Maintenance> maintenance_;
    std::unique_ptr<Heartbeats> heartbeats_; ///< null for a store without operators
    // Destroyed first, in reverse order: their tasks use everything above.
    ExchangeLoop exchange_loop_;
    std::unique_ptr<Lane> maintenance_lane_;
    std::unique_ptr<Lane> heartbeat_lane_; ///< null for a store without operators
    std::unique_ptr<Lane> workers_;
    std::unique_ptr<Lane> stop_lane_;  ///< for stop_async(); null until its first call
    std::unique_ptr<Lane> async_lane_; ///< starts asynchronous handlers; null without any
    Notifier::Subscription ready_subscription_;
    Notifier::Subscription cancel_subscription_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/executor_core.ipp>
#include <asyncjobs/impl/executor_heartbeats.ipp>
#include <asyncjobs/impl/running.ipp>
#endif
