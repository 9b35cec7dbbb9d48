#pragma once

#include <asyncjobs/store/operator_store.hpp>

#include <cstddef>
#include <span>
#include <vector>

/// For authors of stores: rules common to every OperatorStore.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// @{
/// Check the arguments of OperatorStore's members. Throw Error (Errc::invalid_argument) that names
/// the argument, its value and the rule.
ASYNCJOBS_DECL void validate(const WorkerHeartbeat& heartbeat);
ASYNCJOBS_DECL void check_order(std::string_view worker, const WorkerOrder& order,
                                Duration valid_for);
ASYNCJOBS_DECL void check_workers(std::string_view after, std::size_t limit); ///< of workers()
ASYNCJOBS_DECL void validate(const HistoryQuery& query);
ASYNCJOBS_DECL void validate(const AuditEntry& entry);
ASYNCJOBS_DECL void validate(const AuditQuery& query);
/// @}

/// Returns `earlier` with the members that `later` has.
ASYNCJOBS_DECL WorkerOrder merged(const WorkerOrder& earlier, const WorkerOrder& later);

/// Whether an order can be given: the worker has neither stopped nor died.
inline bool takes_orders(const WorkerRecord& worker, Timestamp now) noexcept {
    return worker.report.state != WorkerState::stopped && !is_dead(worker, now);
}

/// Whether OperatorStore::purge() deletes a worker with this last heartbeat: it has stopped or
/// died.
inline bool is_worker_expired(Timestamp last_heartbeat, Timestamp now) noexcept {
    static_assert(WorkerRecord::kept_for >
                  WorkerRecord::missed_heartbeats * WorkerReport::longest_period);
    return now - last_heartbeat > WorkerRecord::kept_for;
}

/// Returns the workers that a due job waits for; empty if one of them is free. Reads all workers of
/// the store, page by page.
ASYNCJOBS_DECL std::optional<WorkerWait>
worker_wait_of(OperatorStore& store, std::string_view queue, std::string_view type);

/// Whether a job waits only for workers: it is pending and due, whatever is before it.
inline bool is_due(const JobWait& wait) noexcept {
    return wait.status == JobStatus::pending && wait.blocked_by == 0 && !wait.limit &&
           !wait.not_before;
}

/// Adds up tallies of minutes for a period. Returns them by key, each key once.
ASYNCJOBS_DECL std::vector<Tally> tallies_of(TallyPeriod period, std::span<const Tally> minutes);

/// Whether the page of a query that has looked at the key contains it.
inline bool matches(const TallyKey& key, const HistoryQuery& query) noexcept {
    return (!query.queue || key.queue == *query.queue) && (!query.type || key.type == *query.type);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/operator_helpers.ipp>
#endif
