#pragma once

#include <asyncjobs/store/tallies.hpp>
#include <asyncjobs/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What an executor does, by its own report.
enum class WorkerState {
    running,
    quiet,    ///< claims nothing, by an operator's order; its jobs run
    stopping, ///< claims nothing, waits for its jobs, and then ends
    stopped,  ///< by Executor::stop
};

/// Returns the enumerator's name: `running`.
ASYNCJOBS_DECL std::string_view to_string(WorkerState) noexcept;

/// What an executor reports of itself.
struct WorkerReport {
    static constexpr std::size_t max_names = 1'000;     ///< in `queues`, and in `types`
    static constexpr unsigned max_concurrency = 10'000; ///< see Executor::set_concurrency()
    static constexpr Duration longest_period = std::chrono::hours{1}; ///< of `next_within`

    std::string worker = {};   ///< its name in the store; not empty
    std::string host = {};     ///< of the machine
    std::uint64_t process = 0; ///< the process's id
    std::string version = {};  ///< of the program: ExecutorOptions::version
    Timestamp started_at = {}; ///< by its machine's clock
    WorkerState state = WorkerState::running;
    unsigned concurrency = 0; ///< jobs that it runs at once, at most
    unsigned running = 0;     ///< jobs that it runs
    std::vector<std::string> queues = {};
    std::vector<std::string> types = {}; ///< that it has handlers for
    Duration next_within = {};           ///< another heartbeat follows within this time

    friend bool operator==(const WorkerReport&, const WorkerReport&) = default;
};

/// An executor's regular report. One whose outcome is unknown is sent again, unchanged.
struct WorkerHeartbeat {
    static constexpr std::size_t max_tallies = 1'000;

    WorkerReport report = {};
    std::uint64_t run = 0;           ///< random: differs for each start of an executor
    std::uint64_t number = 0;        ///< from 1; each heartbeat of a run has a greater one
    std::uint64_t obeyed = 0;        ///< the last WorkerOrders::number that it carried out
    std::vector<Tally> tallies = {}; ///< of minutes: what has ended since the last heartbeat
};

/// What an operator orders a worker to do. Empty members change nothing.
struct WorkerOrder {
    std::optional<bool> quiet = {};           ///< true: claim nothing more; false: claim again
    std::optional<unsigned> concurrency = {}; ///< 1 - WorkerReport::max_concurrency

    friend bool operator==(const WorkerOrder&, const WorkerOrder&) = default;
};

/// The orders that a worker has not carried out, as one.
struct WorkerOrders {
    std::uint64_t number = 0; ///< of the last one; 0: none
    WorkerOrder order = {};   ///< of each member, the last value that was ordered
};

/// An order that its worker has not carried out.
struct PendingOrder {
    WorkerOrder order = {};
    Timestamp expires_at = {}; ///< the worker does not get it afterwards; by the store's clock

    friend bool operator==(const PendingOrder&, const PendingOrder&) = default;
};

/// The record of an executor in a store.
struct WorkerRecord {
    static constexpr int missed_heartbeats = 3; ///< a worker that misses more is dead
    static constexpr Duration kept_for = std::chrono::hours{24}; ///< after its last heartbeat

    WorkerReport report = {};
    Timestamp last_heartbeat = {}; ///< by the store's clock
    std::optional<PendingOrder> pending = {};
};

/// Whether the worker has neither stopped nor reported for missed_heartbeats periods.
inline bool is_dead(const WorkerRecord& worker, Timestamp now) noexcept {
    return worker.report.state != WorkerState::stopped &&
           now - worker.last_heartbeat >
               WorkerRecord::missed_heartbeats * worker.report.next_within;
}

/// The result of OperatorStore::workers().
struct WorkerPage {
    std::vector<WorkerRecord> workers = {}; ///< by name
    std::optional<std::string> next = {};   ///< continue with `after` = this; empty: these are all
    Timestamp now = {};                     ///< by the store's clock
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/workers.ipp>
#endif
