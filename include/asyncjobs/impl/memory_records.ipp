#pragma once

#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE std::vector<Submitted> MemoryJobStore::State::submit(std::span<const NewJob> jobs,
                                                                      Timestamp now) {
    std::vector<Submitted> results;
    results.reserve(jobs.size());
    Parents parents;
    try {
        for (const NewJob& job : jobs) {
            results.push_back(submit(job, parents.of(job), now));
            parents.submitted(job, results.back());
        }
    } catch (...) {
        for (; !results.empty(); results.pop_back())
            if (results.back().outcome == Submitted::Outcome::created) take_back(results.back().id);
        throw;
    }
    return results;
}

ASYNCJOBS_INLINE Submitted MemoryJobStore::State::submit(const NewJob& wanted,
                                                         std::vector<JobId> parents,
                                                         Timestamp now) {
    using Outcome = Submitted::Outcome;
    if (Record* same = find(wanted.id)) return conflict(*same, wanted, Outcome::id_exists, now);
    if (wanted.idempotency_key) {
        if (const auto first = kept_keys.find(*wanted.idempotency_key); first != kept_keys.end())
            return {Outcome::repeated, first->second->id, first->second->created_at};
    }
    if (wanted.unique_key) {
        if (const auto holder = live_keys.find(*wanted.unique_key); holder != live_keys.end())
            return conflict(*holder->second, wanted, Outcome::key_taken, now);
    }
    for (const JobId& parent : parents)
        if (!find(parent)) return {Outcome::parent_missing, parent, {}};
    Record& record = records[wanted.id];
    try {
        fill(record, wanted, std::move(parents), now);
    } catch (...) {
        forget(record);
        throw;
    }
    enter_schedule(record);
    detail::insert_near_end(all, record);
    detail::insert_near_end(owned.find(wanted.owner)->second, record);
    return {Outcome::created, wanted.id, record.job.created_at};
}

ASYNCJOBS_INLINE Submitted MemoryJobStore::State::conflict(Record& holder, const NewJob& wanted,
                                                           Submitted::Outcome outcome,
                                                           Timestamp now) {
    if (transitions::replace(holder.job, wanted, now)) {
        follow(holder, now);
        outcome = Submitted::Outcome::replaced;
    }
    return {outcome, holder.job.id, holder.job.created_at};
}

/// All that may fail on the way into the indexes.
ASYNCJOBS_INLINE void MemoryJobStore::State::fill(Record& record, const NewJob& wanted,
                                                  std::vector<JobId> parents, Timestamp now) {
    transitions::make_job(record.job, wanted, parents.size(), used_fence, now);
    const Job& job = record.job;
    record.queue = &queue(job.queue);
    const bool is_blocked = job.blocked_by > 0;
    record.schedule = is_blocked                ? &record.queue->blocked
                      : is_to_advance(job, now) ? &record.queue->scheduled
                                                : &record.queue->pending;
    record.at = is_blocked ? never_due : place_of(job, now);
    std::ranges::sort(parents);
    record.parents = std::move(parents);
    for (const JobId& parent : record.parents) {
        children[parent].insert(job.id);
        dependents[parent].insert(job.id);
        if (is_finished(find(parent)->job.status)) to_unblock.insert(parent);
    }
    if (job.unique_key) live_keys.emplace(*job.unique_key, &record);
    if (job.idempotency_key) kept_keys.emplace(*job.idempotency_key, &job);
    owned[job.owner];
    touch(job.id);
}

/// Undoes fill(), however far that came.
ASYNCJOBS_INLINE void MemoryJobStore::State::forget(Record& record) {
    const Job& job = record.job;
    const auto is_own = [&](const auto& keys, const auto& key, const auto* whose) {
        const auto found = key ? keys.find(*key) : keys.end();
        return found != keys.end() && found->second == whose;
    };
    leave_parents(record);
    if (is_own(live_keys, job.unique_key, &record)) live_keys.erase(*job.unique_key);
    if (is_own(kept_keys, job.idempotency_key, &job)) kept_keys.erase(*job.idempotency_key);
    if (const auto owner = owned.find(job.owner); owner != owned.end() && owner->second.empty())
        owned.erase(owner);
    records.erase(JobId(job.id));
}

/// No parent unblocks a job that is gone: another one may come with its id.
ASYNCJOBS_INLINE void MemoryJobStore::State::leave_parents(const Record& record) {
    for (const JobId& parent : record.parents) {
        if (const auto all_of = dependents.find(parent); all_of != dependents.end()) {
            all_of->second.erase(record.job.id);
            if (all_of->second.empty()) dependents.erase(all_of);
        }
        const auto of = children.find(parent);
        if (of == children.end()) continue;
        of->second.erase(record.job.id);
        if (!of->second.empty()) continue;
        children.erase(of);
        to_unblock.erase(parent);
    }
}

/// Undoes a submit that created the job.
ASYNCJOBS_INLINE void MemoryJobStore::State::take_back(const JobId& id) {
    Record& record = *find(id);
    leave_schedule(record);
    detail::erase_from(all, record);
    detail::erase_from(owned.find(record.job.owner)->second, record);
    forget(record);
}

ASYNCJOBS_INLINE void MemoryJobStore::State::erase(Record& record) {
    leave_schedule(record);
    detail::erase_from(all, record);
    const auto owner = owned.find(record.job.owner);
    detail::erase_from(owner->second, record);
    if (owner->second.empty()) owned.erase(owner);
    if (record.job.idempotency_key) kept_keys.erase(*record.job.idempotency_key);
    const JobId id = record.job.id;
    touch(id);
    used_fence = std::max(used_fence, record.job.fence);
    leave_parents(record);
    children.erase(id);
    to_unblock.erase(id);
    records.erase(id);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
