#pragma once

#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {

namespace detail {

template <typename Index>
JobPage page_of(const Index& index, const JobQuery& query) {
    JobPage page;
    auto at = query.before ? index.lower_bound(*query.before, MemoryById{}) : index.end();
    while (at != index.begin()) {
        --at;
        if (!matches(at->job, query)) continue;
        page.more = page.jobs.size() == query.limit;
        if (page.more) break;
        page.jobs.push_back(snapshot(at->job, query.parts));
    }
    return page;
}

} // namespace detail

ASYNCJOBS_INLINE std::vector<std::optional<Job>>
MemoryJobStore::State::read(std::span<const JobId> ids, Job (*seen)(const Job&)) {
    const std::lock_guard lock(mutex);
    std::vector<std::optional<Job>> results(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const auto* record = find(ids[i])) results[i] = seen(record->job);
    return results;
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>> MemoryJobStore::find(std::span<const JobId> ids) {
    return state_->read(ids, [](const Job& job) { return snapshot(job); });
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>>
MemoryJobStore::find_summaries(std::span<const JobId> ids) {
    return state_->read(ids, summary_of);
}

ASYNCJOBS_INLINE JobPage MemoryJobStore::State::parents_page(const JobQuery& query) {
    JobPage page;
    const Record* child = find(*query.needed_by);
    if (!child) return page;
    const auto& parents = child->parents;
    auto at = query.before ? std::ranges::lower_bound(parents, *query.before) : parents.end();
    while (at != parents.begin()) {
        const Record* parent = find(*--at);
        if (!parent || !matches(parent->job, query)) continue;
        page.more = page.jobs.size() == query.limit;
        if (page.more) break;
        page.jobs.push_back(snapshot(parent->job, query.parts));
    }
    return page;
}

ASYNCJOBS_INLINE JobPage MemoryJobStore::list(const JobQuery& query) {
    validate(query);
    const std::lock_guard lock(state_->mutex);
    if (query.needed_by) return state_->parents_page(query);
    if (!query.owner) return detail::page_of(state_->all, query);
    const auto owned = state_->owned.find(*query.owner);
    return owned == state_->owned.end() ? JobPage{} : detail::page_of(owned->second, query);
}

ASYNCJOBS_INLINE std::optional<std::string> MemoryJobStore::tombstone_owner(const JobId& id) {
    const std::lock_guard lock(state_->mutex);
    state_->forget_tombstones(state_->now());
    const auto found = state_->tombstones.find(id);
    if (found == state_->tombstones.end()) return std::nullopt;
    return found->second.owner;
}

ASYNCJOBS_INLINE Workload MemoryJobStore::workload(std::string_view queue, std::string_view type) {
    check_workload(queue, type);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    Workload result;
    if (const auto found = state_->queues.find(queue); found != state_->queues.end()) {
        state_->give_head_starts(found->second, now);
        for (const auto& record : found->second.pending) {
            if (record.at > now || result.waiting == Workload::count_limit) break;
            ++result.waiting;
        }
        result.processing = std::min(found->second.processing, Workload::count_limit);
        result.paused = found->second.paused_since.has_value();
    }
    if (const auto runs = state_->recent_runs.find(type); runs != state_->recent_runs.end())
        result.typical_run = runs->second.mean();
    return result;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
