#pragma once

#include <asyncjobs/detail/job_event.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Publishes the jobs that a parent's failure has ended.
inline void publish_stopped(JobStore& store, const std::vector<Promoted>& unblocked,
                            EventStream& events, Timestamp at) {
    std::vector<std::pair<JobEvent::Kind, JobId>> stopped;
    for (const auto& job : unblocked) {
        if (job.status == JobStatus::failed) stopped.emplace_back(JobEvent::Kind::failed, job.id);
        if (job.status == JobStatus::cancelled)
            stopped.emplace_back(JobEvent::Kind::cancelled, job.id);
    }
    if (!stopped.empty()) events.publish(job_events(store, stopped, at, error_code::parent_failed));
}

/// Unblocks all dependents of finished jobs, including jobs that finish by it, and notifies the
/// store's subscribers and `events`, which may be null.
inline void promote_all(JobStore& store, const Runtime& runtime, EventStream* events) {
    constexpr std::size_t batch = 200;
    for (;;) {
        const auto unblocked = store.promote(batch);
        if (unblocked.empty()) return;
        std::vector<JobId> changed;
        changed.reserve(unblocked.size());
        for (const auto& job : unblocked) changed.push_back(job.id);
        store.notifier().changed(changed);
        for (const auto& job : unblocked)
            if (job.status == JobStatus::pending && job.blocked_by == 0)
                store.notifier().ready(job.queue);
        if (events) publish_stopped(store, unblocked, *events, runtime.wall_clock());
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
