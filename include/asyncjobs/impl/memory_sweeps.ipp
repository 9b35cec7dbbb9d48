#pragma once

#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/store_helpers.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE std::vector<Rescued> MemoryJobStore::rescue(std::size_t limit, int crash_limit) {
    check_rescue(limit, crash_limit);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    std::vector<Rescued> result;
    while (result.size() < limit && !state_->processing.empty()) {
        auto& record = *state_->processing.begin();
        const Job& job = record.job;
        if (job.lease_expires_at > now) break;
        transitions::expire_lease(record.job, crash_limit, now);
        state_->follow(record, now, record.job.ahead.lost);
        result.push_back({job.id, job.queue, job.status});
    }
    return result;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::promote(std::vector<const Record*> parents,
                                                     Timestamp now, std::vector<Promoted>& out) {
    struct Freed {
        int count = 0;
        const Record* failed = nullptr; ///< a parent that did not complete
    };
    std::map<JobId, Freed> freed;
    for (const Record* parent : parents) {
        const auto counted = children.extract(parent->job.id);
        for (const JobId& child : counted.mapped()) {
            ++freed[child].count;
            if (parent->job.status != JobStatus::completed) freed[child].failed = parent;
        }
        to_unblock.erase(parent->job.id);
    }
    for (const auto& [id, by] : freed) {
        touch(id);
        Record* child = find(id);
        const Job* unsuccessful = by.failed ? &by.failed->job : nullptr;
        if (!child || !transitions::parents_finished(child->job, by.count, unsuccessful, now))
            continue;
        follow(*child, now);
        const Job& job = child->job;
        out.push_back({id, job.queue, job.status, job.blocked_by});
    }
}

ASYNCJOBS_INLINE std::vector<Promoted> MemoryJobStore::promote(std::size_t limit) {
    check_limit(limit);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    std::vector<Promoted> promoted;
    // An empty result means that no job waits any more.
    while (promoted.empty() && limit > 0 && !state_->to_unblock.empty()) {
        std::vector<const State::Record*> parents;
        for (const JobId& id : state_->to_unblock) {
            if (parents.size() == limit) break;
            parents.push_back(state_->find(id));
        }
        state_->promote(std::move(parents), now, promoted);
    }
    return promoted;
}

ASYNCJOBS_INLINE std::size_t MemoryJobStore::purge(std::size_t limit) {
    check_limit(limit);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    state_->limit_rows.forget_idle(now);
    state_->forget_tombstones(now);
    std::size_t count = 0;
    for (auto next = state_->finished.begin();
         count < limit && next != state_->finished.end() && next->at <= now;) {
        auto& record = *next++;
        if (state_->to_unblock.contains(record.job.id)) continue;
        state_->write_tombstone(record.job);
        state_->erase(record);
        ++count;
    }
    return count;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::write_tombstone(const Job& job) {
    if (!job.owner.empty())
        write_tombstone({job.id, job.owner, tombstone_until(*job.expires_at, job.retention)});
}

ASYNCJOBS_INLINE void MemoryJobStore::State::write_tombstone(Tombstone tombstone) {
    const JobId id = tombstone.id;
    tombstone_ends.emplace(tombstone.until, id);
    tombstones.insert_or_assign(id, std::move(tombstone));
}

ASYNCJOBS_INLINE void MemoryJobStore::State::forget_tombstones(Timestamp now) {
    while (!tombstone_ends.empty() && tombstone_ends.begin()->first <= now) {
        const auto end = tombstone_ends.begin();
        const auto found = tombstones.find(end->second);
        if (found != tombstones.end() && found->second.until == end->first) tombstones.erase(found);
        tombstone_ends.erase(end);
    }
}

ASYNCJOBS_INLINE void MemoryJobStore::State::follow_clock(Duration by, Timestamp now) {
    for (auto& [id, record] : records) {
        const Timestamp longest = record.job.updated_at + by;
        const bool follows = asyncjobs::follow_clock(record.job, record.job.lease_for, by, now);
        const bool is_pending = record.job.status == JobStatus::pending;
        Timestamp at = record.at;
        if (is_pending && limit_rows.holds_back(id)) {
            if (at != never_due) at = std::min(at, now); // where a limit has put it
        } else if (follows && !(is_pending && at > longest)) {
            at = record.job.lease_expires_at.value_or(at - by);
        }
        if (!follows && at == record.at) continue;
        touch(id);
        detail::erase_from(*record.schedule, record);
        record.at = at;
        record.schedule->insert(record);
    }
    for (auto& [name, queue] : queues)
        if (queue.paused_since > now) *queue.paused_since -= by;
    limit_rows.follow_clock(by, now);
    decltype(tombstone_ends) ends;
    for (auto& [id, tombstone] : tombstones) {
        tombstone.until -= by;
        ends.emplace(tombstone.until, id);
    }
    tombstone_ends = std::move(ends);
    clock_notices.push_back({ClockNotice::Kind::set_back, by});
}

ASYNCJOBS_INLINE std::vector<ClockNotice> MemoryJobStore::take_clock_notices() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->clock_notices, {});
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
