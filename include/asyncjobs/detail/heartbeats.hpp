#pragma once

#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Sends an executor's heartbeats to its store: the first at its start, the last when it stops, and
/// one soon after it has obeyed an order. A heartbeat with an unknown outcome is sent again,
/// unchanged, before the next one, so that its tallies count once.
///
/// Thread-safety  Full.
/// Errors         A failing store is tried again after the next period; the exchange loop reports
///                it. If the store does not support heartbeats, none follows.
class ASYNCJOBS_DECL Heartbeats {
public:
    struct Hooks {
        /// What the executor is and does now; the last heartbeat reports it as stopped.
        std::function<WorkerReport()> report;
        std::function<std::vector<Tally>(std::size_t limit)> take_tallies;
        std::function<void(const WorkerOrder&)> obey;
        /// The store refuses a heartbeat, for the first time. It is dropped, with its tallies.
        std::function<void(const std::string& why)> on_refused;
    };

    /// Borrows all but the hooks. Calls the store and the hooks on `lane`, which has one thread.
    Heartbeats(Runtime& runtime, OperatorStore& store, Lane& lane, Duration every, Hooks hooks);

    void start();

    /// Sends the last one, if any was sent before. Returns when that is done, or at the deadline;
    /// afterwards nothing is posted to the lane.
    void stop(SteadyTime deadline);

    /// The longest time between two heartbeats, for WorkerReport::next_within.
    static Duration longest(Duration every) { return every + every / 5; }

private:
    enum class Sent { confirmed, unconfirmed, never };

    void beat();
    Sent send(bool is_last);
    Sent send(const WorkerHeartbeat& heartbeat);
    WorkerHeartbeat next(bool is_last);
    void accept(const WorkerOrders& orders);

    Runtime& runtime_;
    OperatorStore& store_;
    Lane& lane_;
    const Duration every_;
    const Hooks hooks_;
    const std::uint64_t run_;

    // Used on the lane.
    std::optional<WorkerHeartbeat> unconfirmed_;
    std::uint64_t number_ = 0; ///< of the latest heartbeat
    std::uint64_t obeyed_ = 0;
    bool obeyed_now_ = false; ///< since the latest heartbeat was made
    bool is_refused_ = false; ///< one was

    std::mutex mutex_; ///< guards everything below
    bool is_started_ = false;
    bool is_stopping_ = false;
    std::unique_ptr<Timer> timer_; ///< null once stopped
    std::unique_ptr<Event> ended_; ///< the last one is sent, or given up
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/heartbeats.ipp>
#endif
