#pragma once

#include <asyncjobs/detail/memory_state.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE StoreChanges MemoryJobStore::take_changes() {
    const std::lock_guard lock(state_->mutex);
    return state_->take_changes();
}

ASYNCJOBS_INLINE StoreChanges MemoryJobStore::State::take_changes() {
    StoreChanges changes{.at = latest};
    if (!changed) {
        changed.emplace();
        limit_rows.record_changes();
        return changes;
    }
    limit_rows.take_changes(changes, changed->jobs);
    for (const JobId& id : changed->jobs) {
        if (const Record* record = find(id)) {
            changes.jobs.push_back(record_of(*record));
            continue;
        }
        changes.removed.push_back(id);
        if (const auto tombstone = tombstones.find(id); tombstone != tombstones.end())
            changes.tombstones.push_back(tombstone->second);
    }
    if (!changes.removed.empty()) changes.used_fence = used_fence;
    for (const std::string& name : changed->queues)
        (queue(name).paused_since ? changes.paused : changes.resumed).push_back(name);
    changed.emplace();
    return changes;
}

ASYNCJOBS_INLINE JobRecord MemoryJobStore::State::record_of(const Record& record) const {
    JobRecord stored{record.job};
    stored.parent_ids = record.parents;
    stored.place = record.at;
    for (const JobId& parent : record.parents)
        if (is_open_parent(parent, stored.id)) stored.open_parents.push_back(parent);
    limit_rows.write(stored);
    return stored;
}

ASYNCJOBS_INLINE void MemoryJobStore::apply(const StoreChanges& changes) {
    const std::lock_guard lock(state_->mutex);
    const auto recorded = std::exchange(state_->changed, std::nullopt);
    state_->apply(changes);
    state_->changed = recorded;
    state_->limit_rows.forget_changes();
}

ASYNCJOBS_INLINE void MemoryJobStore::State::apply(const StoreChanges& changes) {
    const Duration back = latest - changes.at;
    latest = changes.at;
    if (back > clock_tolerance) follow_clock(back, latest); // the changes have moved jobs only
    for (const Limit& limit : changes.limits) limit_rows.set(limit);
    for (const JobRecord& job : changes.jobs) restore(job);
    for (const JobId& id : changes.removed)
        if (Record* record = find(id)) erase(*record);
    for (const Tombstone& tombstone : changes.tombstones) write_tombstone(tombstone);
    for (const BucketRecord& bucket : changes.buckets) limit_rows.restore(bucket);
    used_fence = std::max(used_fence, changes.used_fence);
    for (const std::string& name : changes.paused) set_paused(name, true, latest);
    for (const std::string& name : changes.resumed) set_paused(name, false, latest);
}

ASYNCJOBS_INLINE void MemoryJobStore::State::restore(const JobRecord& stored) {
    const auto [at, is_new] = records.try_emplace(stored.id);
    Record& record = at->second;
    const bool was_completed = !is_new && record.job.status == JobStatus::completed;
    if (!is_new) take_out(record);
    record.job = stored;
    put_in(record, stored);
    limit_rows.restore(stored);
    const Job& job = record.job;
    if (job.status == JobStatus::completed && !was_completed)
        recent_runs[job.type].add(*job.finished_at - job.started_at.value_or(*job.finished_at));
}

/// Removes the job from all indexes.
ASYNCJOBS_INLINE void MemoryJobStore::State::take_out(Record& record) {
    const Job& job = record.job;
    leave_schedule(record);
    detail::erase_from(all, record);
    detail::erase_from(owned.find(job.owner)->second, record);
    if (job.unique_key && !is_finished(job.status)) live_keys.erase(*job.unique_key);
    if (job.idempotency_key) kept_keys.erase(*job.idempotency_key);
    leave_parents(record);
}

/// Adds the job to all indexes.
ASYNCJOBS_INLINE void MemoryJobStore::State::put_in(Record& record, const JobRecord& stored) {
    const Job& job = record.job;
    record.queue = &queue(job.queue);
    record.at = stored.place;
    record.parents = stored.parent_ids;
    if (is_finished(job.status))
        record.schedule = &finished;
    else if (job.status == JobStatus::processing)
        record.schedule = &processing;
    else if (job.blocked_by > 0)
        record.schedule = &record.queue->blocked;
    else if (record.at == never_due && !stored.mark.waits_in.empty())
        record.schedule = &record.queue->parked;
    else // it may have become due, but not have its head start yet
        record.schedule = job.priority > 0 && record.at == job.run_at ? &record.queue->scheduled
                                                                      : &record.queue->pending;
    enter_schedule(record);
    all.insert(record);
    owned[job.owner].insert(record);
    if (job.unique_key && !is_finished(job.status)) live_keys.emplace(*job.unique_key, &record);
    if (job.idempotency_key) kept_keys.emplace(*job.idempotency_key, &job);
    for (const JobId& parent : record.parents) dependents[parent].insert(job.id);
    for (const JobId& parent : stored.open_parents) {
        children[parent].insert(job.id);
        const Record* found = find(parent);
        if (found && is_finished(found->job.status)) to_unblock.insert(parent);
    }
    if (is_finished(job.status) && children.contains(job.id))
        to_unblock.insert(job.id);
    else
        to_unblock.erase(job.id);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
