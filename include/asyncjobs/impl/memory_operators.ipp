#pragma once

#include <asyncjobs/detail/memory_operators.hpp>
#include <asyncjobs/detail/memory_search.hpp>
#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/operator_helpers.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE OperatorStore* MemoryJobStore::operators() noexcept { return operators_.get(); }

ASYNCJOBS_INLINE StatusCounts MemoryJobStore::Operators::counts() {
    const std::lock_guard lock(state_.mutex);
    return state_.status_counts(state_.now());
}

ASYNCJOBS_INLINE QueuePage MemoryJobStore::Operators::queues(std::string_view after,
                                                             std::size_t limit) {
    check_queues(after, limit);
    const std::lock_guard lock(state_.mutex);
    return state_.queue_page(after, limit, state_.now());
}

ASYNCJOBS_INLINE JobSearchPage MemoryJobStore::Operators::search(const JobSearch& search) {
    validate(search);
    const std::lock_guard lock(state_.mutex);
    return State::Search(state_, search).run();
}

ASYNCJOBS_INLINE std::optional<JobWait> MemoryJobStore::Operators::why(const JobId& id) {
    std::unique_lock lock(state_.mutex);
    const Timestamp now = state_.now();
    const auto* record = state_.find(id);
    if (!record) return std::nullopt;
    JobWait wait = state_.wait_of(*record, now);
    lock.unlock();
    if (is_due(wait)) wait.workers = worker_wait_of(*this, wait.queue, wait.type);
    return wait;
}

template <typename Outcome, typename Change>
std::vector<Outcome> MemoryJobStore::Operators::change_all(std::span<const JobId> ids,
                                                           Change change) {
    check_batch(ids);
    const std::lock_guard lock(state_.mutex);
    const Timestamp now = state_.now();
    std::vector<Outcome> outcomes;
    outcomes.reserve(ids.size());
    for (const JobId& id : ids) outcomes.push_back(change(id, now));
    return outcomes;
}

ASYNCJOBS_INLINE std::vector<CancelOutcome>
MemoryJobStore::Operators::cancel(std::span<const JobId> ids, const Cancellation& cancellation) {
    validate(cancellation);
    return change_all<CancelOutcome>(
        ids, [&](const JobId& id, Timestamp now) { return state_.cancel(id, cancellation, now); });
}

ASYNCJOBS_INLINE std::vector<RetryOutcome>
MemoryJobStore::Operators::retry(std::span<const JobId> ids) {
    return change_all<RetryOutcome>(
        ids, [this](const JobId& id, Timestamp now) { return state_.retry(id, now); });
}

ASYNCJOBS_INLINE std::vector<RemoveOutcome>
MemoryJobStore::Operators::remove(std::span<const JobId> ids) {
    return change_all<RemoveOutcome>(
        ids, [this](const JobId& id, Timestamp now) { return state_.remove(id, now); });
}

ASYNCJOBS_INLINE std::vector<RunNowOutcome>
MemoryJobStore::Operators::run_now(std::span<const JobId> ids) {
    return change_all<RunNowOutcome>(
        ids, [this](const JobId& id, Timestamp now) { return state_.run_now(id, now); });
}

ASYNCJOBS_INLINE WorkerOrders
MemoryJobStore::Operators::heartbeat(const WorkerHeartbeat& heartbeat) {
    validate(heartbeat);
    const std::lock_guard lock(state_.mutex);
    return fleet_.heartbeat(heartbeat, state_.now());
}

ASYNCJOBS_INLINE WorkerPage MemoryJobStore::Operators::workers(std::string_view after,
                                                               std::size_t limit) {
    check_workers(after, limit);
    const std::lock_guard lock(state_.mutex);
    return fleet_.workers(after, limit, state_.now());
}

ASYNCJOBS_INLINE bool MemoryJobStore::Operators::order(std::string_view worker,
                                                       const WorkerOrder& order,
                                                       Duration valid_for) {
    check_order(worker, order, valid_for);
    const std::lock_guard lock(state_.mutex);
    return fleet_.order(worker, order, valid_for, state_.now());
}

ASYNCJOBS_INLINE HistoryPage MemoryJobStore::Operators::history(const HistoryQuery& query) {
    validate(query);
    const std::lock_guard lock(state_.mutex);
    return fleet_.history(query);
}

ASYNCJOBS_INLINE void MemoryJobStore::Operators::record(const AuditEntry& entry) {
    validate(entry);
    const std::lock_guard lock(state_.mutex);
    fleet_.record(entry, state_.now());
}

ASYNCJOBS_INLINE AuditPage MemoryJobStore::Operators::audit(const AuditQuery& query) {
    validate(query);
    const std::lock_guard lock(state_.mutex);
    return fleet_.audit(query);
}

ASYNCJOBS_INLINE std::size_t MemoryJobStore::Operators::purge(std::size_t limit) {
    check_limit(limit);
    const std::lock_guard lock(state_.mutex);
    return fleet_.purge(limit, state_.now());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
