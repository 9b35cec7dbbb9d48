#pragma once

#include <asyncjobs/job_store.hpp>

#include <cstddef>
#include <vector>

namespace asyncjobs::detail {

/// Lets go all who wait for finished jobs, those that this finishes included, and says so.
inline void unblock_all(JobStore& store) {
    constexpr std::size_t batch = 200;
    for (;;) {
        const auto unblocked = store.unblock(batch);
        if (unblocked.empty()) return;
        std::vector<JobId> changed;
        for (const auto& job : unblocked) changed.push_back(job.id);
        store.notifier().changed(changed);
        for (const auto& job : unblocked)
            if (job.status == JobStatus::pending && job.blocked_by == 0)
                store.notifier().ready(job.queue);
    }
}

} // namespace asyncjobs::detail
