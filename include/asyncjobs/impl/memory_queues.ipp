#pragma once

#include <asyncjobs/detail/bounded_counter.hpp>
#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <iterator>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE StatusCounts MemoryJobStore::State::status_counts(Timestamp now) const {
    const auto of = [&](JobStatus status) {
        return Count{.value = counts[static_cast<std::size_t>(status)]};
    };
    return {.pending = of(JobStatus::pending),
            .processing = of(JobStatus::processing),
            .completed = of(JobStatus::completed),
            .failed = of(JobStatus::failed),
            .cancelled = of(JobStatus::cancelled),
            .now = now};
}

ASYNCJOBS_INLINE QueuePage MemoryJobStore::State::queue_page(std::string_view after,
                                                             std::size_t limit, Timestamp now) {
    constexpr std::size_t most_looks = 50'000; // at jobs, and queues without any
    QueuePage page{.now = now};
    std::size_t looks = 0;
    for (auto at = queues.upper_bound(after); at != queues.end(); ++at) {
        const bool is_used = at->second.is_used();
        if (looks >= most_looks || (is_used && page.queues.size() == limit)) {
            page.next = std::prev(at)->first;
            break;
        }
        ++looks;
        if (is_used) page.queues.push_back(queue_state(at->first, at->second, now, looks));
    }
    return page;
}

namespace detail {

inline void count_all(const MemorySchedule& jobs, BoundedCounter& counter) {
    for (auto at = jobs.begin(); at != jobs.end() && counter.look(true);) ++at;
}

} // namespace detail

/// Adds to `looks` how many jobs it has looked at.
ASYNCJOBS_INLINE QueueState MemoryJobStore::State::queue_state(const std::string& name,
                                                               Queue& queue, Timestamp now,
                                                               std::size_t& looks) {
    give_head_starts(queue, now);
    detail::BoundedCounter due, scheduled, blocked;
    QueueState state{.name = name,
                     .processing = {.value = queue.processing},
                     .paused_since = queue.paused_since};
    // A parked job is due once its time has come, if it has one.
    std::size_t parked = limit_rows.parked_in(name);
    auto next = queue.pending.begin();
    for (; next != queue.pending.end() && next->at <= now && due.look(true); ++next) {
        if (!state.oldest_due) state.oldest_due = next->job.run_at;
        if (limit_rows.is_parked(next->job.id)) --parked;
    }
    state.throttled.value = parked;
    if (due.count().precision != Count::Precision::exact)
        state.throttled.precision = Count::Precision::about; // it may have some of the others
    for (next = queue.pending.upper_bound(now, detail::MemoryByTime{}); next != queue.pending.end();
         ++next)
        if (!scheduled.look(!limit_rows.is_parked(next->job.id))) break;
    detail::count_all(queue.scheduled, scheduled);
    detail::count_all(queue.blocked, blocked);
    state.due = due.count();
    state.scheduled = scheduled.count();
    state.blocked = blocked.count();
    looks += due.looks() + scheduled.looks() + blocked.looks();
    return state;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
