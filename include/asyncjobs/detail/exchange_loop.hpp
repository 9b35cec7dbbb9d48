#pragma once

#include <asyncjobs/detail/closable_store.hpp>
#include <asyncjobs/detail/executor_reports.hpp>
#include <asyncjobs/detail/live_jobs.hpp>
#include <asyncjobs/detail/refused_outcomes.hpp>
#include <asyncjobs/detail/slot_planner.hpp>
#include <asyncjobs/detail/tally_book.hpp>
#include <asyncjobs/executor_options.hpp>
#include <asyncjobs/runtime.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Exchanges outcomes for new jobs with the store, through its faults.
///
/// At most one exchange is active. Outcomes and demand for jobs accumulate meanwhile, and the next
/// exchange takes them all: batches grow with load and vanish when idle. No step of this loop waits
/// for a timer; timers only make up for missing hints, and retry after a fault. After an exchange
/// whose outcome is unknown, the loop first reads which leases this worker holds.
///
/// Thread-safety  Works under its executor's mutex: members that take a Lock are called with it.
///                The store is called, and the hooks without a Lock, on the loop's lane, without
///                the mutex.
class ASYNCJOBS_DECL ExchangeLoop {
public:
    using Lock = std::unique_lock<std::mutex>;
    using AttemptPtr = std::shared_ptr<Attempt>;

    /// Of the executor.
    struct Context {
        ClosableStore& store;
        Runtime& runtime;
        const ExecutorOptions& options;
        std::string_view worker; ///< the name by which the store knows the executor
        ExecutorReports& reports;
    };

    /// The state that the executor's mutex guards, together with that of the loop.
    struct Shared {
        std::mutex& mutex;
        SlotPlanner& planner;
        LiveJobs& live;
        TallyBook* tallies = nullptr; ///< of ended attempts; null: they are not counted
    };

    struct Hooks {
        /// Makes claimed jobs ready, or ends them. Returns attempts of the same jobs whose leases
        /// were lost meanwhile.
        std::function<Attempts(Lock&, std::vector<ClaimedJob>, SteadyTime claimed_at, bool ahead)>
            adopt;
        /// Outcomes were recorded, or given up.
        std::function<void(Lock&)> settled;
        /// Finished jobs may have dependents.
        std::function<void()> promote_soon;
    };

    /// Borrows what `context` and `shared` refer to. Nothing is exchanged before open().
    ExchangeLoop(Context context, Shared shared, Hooks hooks);

    void open(Lock&) noexcept { is_open_ = true; }

    /// Afterwards no exchange begins. Unlocks.
    void close(Lock& lock);

    /// Begins an exchange if there is anything to exchange.
    void schedule(Lock&);

    /// Queues the settlement for the next exchange.
    void end(Lock&, const AttemptPtr& attempt, Settlement settlement);

    /// Ends an attempt that did not run. Without a delay, the job keeps its place in its queue.
    void release(Lock&, const AttemptPtr& attempt, Duration delay = {});

    /// Logs it after the current exchange. For the hooks that take a Lock.
    void note(LogEntry::Level level, std::string message, const JobId& job = {});

    bool is_idle(Lock&) const noexcept { return !exchanging_; }

    /// Whether the store refuses the outcome of this job.
    bool refuses(Lock&, const LeaseRef& lease) const noexcept { return refused_.holds(lease); }

    /// False in an outage, and for a while after it: other workers renew their leases first.
    bool may_rescue(Lock&) const;

private:
    /// The notifications of an exchange, sent once no lock is held.
    struct News {
        bool is_watched = false; ///< the store's hints have subscribers
        std::vector<JobId> changed = {};
        std::vector<JobEvent> events = {};
        std::set<std::string> ready_queues = {};
        bool needs_promotion = false;
    };

    bool wants_exchange() const;
    void poll();
    void run();
    void recover(std::vector<Settlement>& settlements);
    SlotPlanner::Claim plan_claim();
    void apply(const std::vector<Settlement>& settlements, Exchange exchange, std::size_t wanted,
               bool ahead, SteadyTime asked_at);
    void note_ended(Lock&, const Settlement& settlement, const Settled& settled, News& news);
    void publish(News news);
    void on_fault(std::vector<Settlement> settlements, const std::exception& fault,
                  SteadyTime asked_at);
    void note_recovery(Lock&);
    void log_notes();

    // Settlements that the store refuses (impl/refused_settlements.ipp).
    Exchange settle_one_by_one(std::vector<Settlement>& settlements, const ClaimRequest& request);
    void prove_writable(const LeaseRef& lease);
    void settle(const Settlement& settlement, Exchange& result);
    void note_recorded(std::span<const Settlement> recorded, const Exchange& result);
    void keep_refused(std::vector<Settlement> settlements, const std::string& fault);
    void settle_refused();
    bool settle_refused(RefusedOutcome& refused, Exchange& result);
    void note_refused(Lock&, std::string_view fault);

    const Context context_;
    const Shared shared_; ///< its mutex guards everything below
    const Hooks hooks_;
    bool is_open_ = false;
    bool exchanging_ = false;
    std::vector<Settlement> ended_;
    bool settles_soon_ = false;               ///< includes one whose worker was lost before
    std::optional<SteadyTime> unknown_since_; ///< start of the first exchange with unknown outcome
    int faults_ = 0;                          ///< in a row
    SteadyTime failing_since_ = {};           ///< if faults_ > 0
    SteadyTime no_rescue_before_ = {}; ///< after an outage, other workers renew their leases first
    bool waits_to_retry_ = false;      ///< the timer starts the next exchange
    RefusedOutcomes refused_;
    int refused_rounds_ = 0;      ///< consecutive rounds of retries
    bool is_failing_ = false;     ///< the log's latest state of the store
    bool is_refusing_ = false;    ///< likewise: it refuses outcomes
    bool is_full_ = false;        ///< likewise: too many of them
    std::vector<LogEntry> notes_; ///< of the lane, logged when it holds no lock
    std::unique_ptr<Timer> timer_;
    std::unique_ptr<Timer> refused_timer_;
    std::unique_ptr<Lane> lane_; ///< destroyed first: its tasks use everything above
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/exchange_loop.ipp>
#include <asyncjobs/impl/refused_settlements.ipp>
#endif
