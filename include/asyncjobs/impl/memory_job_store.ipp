#pragma once

#include <asyncjobs/detail/memory_operators.hpp>
#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/store_helpers.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <chrono>

namespace asyncjobs::inline ASYNCJOBS_ABI {

namespace detail {

inline Timestamp system_time() {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

} // namespace detail

ASYNCJOBS_INLINE MemoryJobStore::MemoryJobStore() : MemoryJobStore(detail::system_time) {}
ASYNCJOBS_INLINE MemoryJobStore::MemoryJobStore(Clock clock)
    : state_(std::make_unique<State>(std::move(clock))),
      operators_(std::make_unique<Operators>(*state_)) {}
ASYNCJOBS_INLINE MemoryJobStore::~MemoryJobStore() = default;

ASYNCJOBS_INLINE std::vector<Submitted> MemoryJobStore::submit(std::span<const NewJob> jobs) {
    const std::lock_guard lock(state_->mutex);
    return state_->submit(jobs, state_->now());
}

ASYNCJOBS_INLINE Exchange MemoryJobStore::exchange(std::span<const Settlement> settlements,
                                                   const ClaimRequest& request) {
    validate(request);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    Exchange result;
    result.settled.reserve(settlements.size());
    for (const Settlement& settlement : settlements)
        result.settled.push_back(state_->settle(settlement, now));

    if (request.limit > 0) state_->claim(request, now, result);
    result.needs_promotion = !state_->to_unblock.empty();
    return result;
}

ASYNCJOBS_INLINE Settled MemoryJobStore::State::settle(const Settlement& settlement,
                                                       Timestamp now) {
    Record* record = find(settlement.lease().id);
    if (!record) return {};
    const Job& job = record->job;
    const Settled settled = transitions::settle(record->job, settlement, now);
    if (!settled.accepted) return settled;
    if (settled.status == JobStatus::completed)
        recent_runs[job.type].add(now - job.started_at.value_or(now));
    follow(*record, now, settlement.keeps_place());
    submit(settlement.follow_ups(), now);
    return settled;
}

ASYNCJOBS_INLINE std::vector<Renewal> MemoryJobStore::renew(std::span<const Heartbeat> heartbeats,
                                                            Duration lease_for) {
    check_lease_for(lease_for);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    std::vector<Renewal> results;
    results.reserve(heartbeats.size());
    for (const Heartbeat& heartbeat : heartbeats) {
        auto* record = state_->find(heartbeat.lease.id);
        results.push_back(record ? transitions::heartbeat(record->job, heartbeat, lease_for, now)
                                 : Renewal{});
        if (results.back().kept)
            state_->move(*record, state_->processing, *record->job.lease_expires_at);
    }
    return results;
}

ASYNCJOBS_INLINE std::vector<ClaimedJob> MemoryJobStore::leases_of(std::string_view worker) {
    check_worker(worker);
    const std::lock_guard lock(state_->mutex);
    std::vector<ClaimedJob> result;
    for (const auto& record : state_->processing)
        if (record.job.worker == worker)
            result.push_back(claimed_job(record.job, record.job.ahead));
    return result;
}

ASYNCJOBS_INLINE CancelOutcome MemoryJobStore::cancel(const JobId& id,
                                                      const Cancellation& cancellation) {
    validate(cancellation);
    const std::lock_guard lock(state_->mutex);
    return state_->cancel(id, cancellation, state_->now());
}

ASYNCJOBS_INLINE CancelOutcome MemoryJobStore::State::cancel(const JobId& id,
                                                             const Cancellation& cancellation,
                                                             Timestamp now) {
    Record* record = find(id);
    if (!record) return CancelOutcome::not_found;
    const auto outcome = transitions::cancel(record->job, cancellation, now);
    if (outcome == CancelOutcome::cancelled) follow(*record, now);
    touch(id);
    return outcome;
}

ASYNCJOBS_INLINE RetryOutcome MemoryJobStore::retry(const JobId& id) {
    const std::lock_guard lock(state_->mutex);
    return state_->retry(id, state_->now());
}

ASYNCJOBS_INLINE RetryOutcome MemoryJobStore::State::retry(const JobId& id, Timestamp now) {
    Record* record = find(id);
    if (!record) return RetryOutcome::not_found;
    const Job& job = record->job;
    const auto outcome = transitions::check_restart(job);
    if (outcome != RetryOutcome::retried) return outcome;
    if (job.unique_key && !live_keys.emplace(*job.unique_key, record).second)
        return RetryOutcome::key_taken;
    transitions::restart(record->job, now);
    to_unblock.erase(id);
    follow(*record, now);
    return RetryOutcome::retried;
}

ASYNCJOBS_INLINE RemoveOutcome MemoryJobStore::remove(const JobId& id) {
    const std::lock_guard lock(state_->mutex);
    return state_->remove(id, state_->now());
}

ASYNCJOBS_INLINE RemoveOutcome MemoryJobStore::State::remove(const JobId& id, Timestamp now) {
    Record* record = find(id);
    if (!record) return RemoveOutcome::not_found;
    if (!is_finished(record->job.status)) return RemoveOutcome::not_finished;
    if (to_unblock.contains(id)) {
        std::vector<Promoted> unblocked;
        promote({record}, now, unblocked);
    }
    erase(*record);
    return RemoveOutcome::removed;
}

ASYNCJOBS_INLINE RunNowOutcome MemoryJobStore::State::run_now(const JobId& id, Timestamp now) {
    Record* record = find(id);
    if (!record) return RunNowOutcome::not_found;
    const auto outcome = transitions::run_now(record->job, now);
    if (outcome == RunNowOutcome::made_due) follow(*record, now);
    return outcome;
}

ASYNCJOBS_INLINE void MemoryJobStore::set_paused(std::string_view queue, bool paused) {
    check_queue(queue);
    const std::lock_guard lock(state_->mutex);
    state_->set_paused(queue, paused, state_->now());
}

ASYNCJOBS_INLINE void MemoryJobStore::State::set_paused(std::string_view name, bool paused,
                                                        Timestamp now) {
    auto& since = queue(name).paused_since;
    since = paused ? std::optional(since.value_or(now)) : std::nullopt;
    if (changed) changed->queues.emplace(name);
}

ASYNCJOBS_INLINE void MemoryJobStore::set_limit(const Limit& limit) {
    validate(limit);
    const std::lock_guard lock(state_->mutex);
    state_->now();
    for (const auto& [queued_at, id] : state_->limit_rows.set(limit)) {
        auto& record = *state_->find(id);
        state_->move(record, record.queue->pending, queued_at);
    }
}

ASYNCJOBS_INLINE std::vector<Limit> MemoryJobStore::limits() {
    const std::lock_guard lock(state_->mutex);
    return state_->limit_rows.limits();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
