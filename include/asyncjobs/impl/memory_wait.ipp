#pragma once

#include <asyncjobs/detail/bounded_counter.hpp>
#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/store_helpers.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE bool MemoryJobStore::State::is_open_parent(const JobId& parent,
                                                            const JobId& child) const {
    const auto open = children.find(parent);
    return open != children.end() && open->second.contains(child);
}

/// Some of them.
ASYNCJOBS_INLINE std::vector<JobId>
MemoryJobStore::State::open_parents_of(const Record& child) const {
    std::vector<JobId> open;
    for (const JobId& parent : child.parents) {
        if (open.size() == JobWait::most_jobs) break;
        if (is_open_parent(parent, child.job.id)) open.push_back(parent);
    }
    return open;
}

ASYNCJOBS_INLINE JobWait MemoryJobStore::State::wait_of(const Record& record, Timestamp now) {
    const Job& job = record.job;
    JobWait wait{.status = job.status, .now = now};
    if (job.status != JobStatus::pending) return wait;
    give_head_starts(*record.queue, now);
    wait.queue = job.queue;
    wait.type = job.type;
    wait.paused_since = record.queue->paused_since;
    wait.blocked_by = static_cast<std::size_t>(job.blocked_by);
    if (record.at > now) wait.limit = limit_rows.wait_of(job.id, now);
    if (wait.blocked_by > 0) wait.parents = open_parents_of(record);
    if (wait.blocked_by > 0 || wait.limit) return wait;
    if (record.at > now)
        wait.not_before = record.at;
    else
        wait.before = due_before(record);
    return wait;
}

ASYNCJOBS_INLINE Count MemoryJobStore::State::due_before(const Record& record) const {
    detail::BoundedCounter before;
    for (const Record& other : record.queue->pending)
        if (&other == &record || !before.look(true)) break;
    return before.count();
}

namespace detail {

ASYNCJOBS_INLINE std::optional<LimitWait> MemoryLimits::wait_of(const JobId& id,
                                                                Timestamp now) const {
    const auto known = jobs_.find(id);
    if (known == jobs_.end() || known->second.mark.waits_in.empty()) return std::nullopt;
    const std::string& name = known->second.mark.waits_in;
    const Bucket& bucket = buckets_.find(name)->second;
    LimitWait wait = limit_wait_in(name, limits());
    wait.before = parked_before(bucket, {known->second.queued_at, id});
    if (wait.limit.concurrency > 0) {
        wait.held = bucket.held;
        for (const JobId& holder : bucket.holders) {
            if (wait.holders.size() == JobWait::most_jobs) break;
            wait.holders.push_back(holder);
        }
    }
    if (wait.limit.rate > 0) {
        LimitBucket state = bucket;
        const Timestamp next = next_start(wait.limit, state, now);
        if (next > now) wait.next_start = next;
    }
    return wait;
}

ASYNCJOBS_INLINE Count MemoryLimits::parked_before(const Bucket& bucket, const Place& place) {
    BoundedCounter before;
    for (const auto& [queue, places] : bucket.parked)
        for (const Place& other : places)
            if (!(other < place) || !before.look(true)) break;
    return before.count();
}

} // namespace detail

} // namespace asyncjobs::inline ASYNCJOBS_ABI
