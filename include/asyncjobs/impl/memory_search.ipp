#pragma once

#include <asyncjobs/detail/memory_search.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE MemoryJobStore::State::Search::Search(State& state, const JobSearch& search)
    : state_(state), search_(search), ids_(created_ids(search)) {
    if (search.after)
        ids_.before = std::min(ids_.before.value_or(search.after->id), search.after->id);
}

ASYNCJOBS_INLINE JobSearchPage MemoryJobStore::State::Search::run() {
    if (order_of(search_) == SearchOrder::claims)
        look_at_claims();
    else
        look_at_newest();
    return std::move(page_);
}

/// Returns false if the page ends before this job.
ASYNCJOBS_INLINE bool MemoryJobStore::State::Search::look(const Record& record) {
    if (looks_ == search_.looks || page_.jobs.size() == search_.limit) {
        page_.next = position_of(*last_);
        return false;
    }
    ++looks_;
    last_ = &record;
    if (matches(record.job, search_) && is_related(record))
        page_.jobs.push_back(snapshot(record.job, JobParts::summary));
    return true;
}

/// Whether the job is the parent and the child that is looked for.
ASYNCJOBS_INLINE bool MemoryJobStore::State::Search::is_related(const Record& record) const {
    if (search_.children_of && !std::ranges::binary_search(record.parents, *search_.children_of))
        return false;
    if (!search_.parents_of) return true;
    const Record* child = state_.find(*search_.parents_of);
    return child && std::ranges::binary_search(child->parents, record.job.id);
}

ASYNCJOBS_INLINE SearchPosition
MemoryJobStore::State::Search::position_of(const Record& record) const {
    if (order_of(search_) == SearchOrder::newest) return {.id = record.job.id};
    return {.id = record.job.id, .queue = record.job.queue, .at = record.at};
}

/// Looks at the jobs from before `end` to `first`. `record_at` may return null.
template <typename Iterator, typename RecordAt>
void MemoryJobStore::State::Search::look_back(Iterator first, Iterator end, RecordAt record_at) {
    while (end != first) {
        const Record* record = record_at(*--end);
        if (!record) continue;
        if ((ids_.from && record->job.id < *ids_.from) || !look(*record)) return;
    }
}

template <typename Index>
void MemoryJobStore::State::Search::look_back(const Index& index) {
    const auto end =
        ids_.before ? index.lower_bound(*ids_.before, detail::MemoryById{}) : index.end();
    look_back(index.begin(), end, [](const Record& record) { return &record; });
}

ASYNCJOBS_INLINE void MemoryJobStore::State::Search::look_at_newest() {
    if (search_.key) return look_at_key_holders();
    if (search_.parents_of) {
        const Record* child = state_.find(*search_.parents_of);
        if (!child) return;
        return look_at({child->parents.begin(), child->parents.end()});
    }
    if (search_.children_of) {
        const auto found = state_.dependents.find(*search_.children_of);
        if (found == state_.dependents.end()) return;
        return look_at(found->second);
    }
    if (search_.owner) {
        const auto found = state_.owned.find(*search_.owner);
        if (found != state_.owned.end()) look_back(found->second);
        return;
    }
    if (!look_at_processing()) look_back(state_.all);
}

/// Sorts the ids of processing jobs if the search is for these, and they are few. Returns whether
/// it was.
ASYNCJOBS_INLINE bool MemoryJobStore::State::Search::look_at_processing() {
    const bool is_for_these =
        search_.statuses.size() == 1 && search_.statuses.front() == JobStatus::processing;
    const auto count = state_.counts[static_cast<std::size_t>(JobStatus::processing)];
    if (!is_for_these || count > JobSearch::max_looks) return false;
    std::set<JobId> ids;
    for (const Record& record : state_.processing) ids.insert(record.job.id);
    look_at(ids);
    return true;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::Search::look_at_key_holders() {
    std::set<JobId> ids;
    if (const auto kept = state_.kept_keys.find(*search_.key); kept != state_.kept_keys.end())
        ids.insert(kept->second->id);
    if (const auto live = state_.live_keys.find(*search_.key); live != state_.live_keys.end())
        ids.insert(live->second->job.id);
    look_at(ids);
}

ASYNCJOBS_INLINE void MemoryJobStore::State::Search::look_at(const std::set<JobId>& ids) {
    look_back(ids.begin(), ids_.before ? ids.lower_bound(*ids_.before) : ids.end(),
              [this](const JobId& id) { return state_.find(id); });
}

ASYNCJOBS_INLINE void MemoryJobStore::State::Search::look_at_claims() {
    auto& all_queues = state_.queues;
    if (search_.queue) {
        const auto found = all_queues.find(*search_.queue);
        if (found != all_queues.end()) look_at_queue(found->first, found->second);
        return;
    }
    auto at = search_.after ? all_queues.lower_bound(search_.after->queue) : all_queues.begin();
    while (at != all_queues.end() && look_at_queue(at->first, at->second)) ++at;
}

/// Merges the queue's schedules. Returns false if the page ends in this queue.
ASYNCJOBS_INLINE bool MemoryJobStore::State::Search::look_at_queue(const std::string& name,
                                                                   Queue& queue) {
    state_.give_head_starts(queue, state_.now());
    struct Rest {
        detail::MemorySchedule::const_iterator next, end;
    };
    std::array<Rest, 4> rests;
    std::ranges::transform(queue.schedules(), rests.begin(), [&](const auto* schedule) {
        const bool is_continued = search_.after && search_.after->queue == name;
        return Rest{is_continued ? schedule->upper_bound(*search_.after, detail::MemoryByTime{})
                                 : schedule->begin(),
                    schedule->end()};
    });
    for (;;) {
        Rest* first = nullptr;
        for (Rest& rest : rests) {
            if (rest.next == rest.end) continue;
            if (!first || detail::MemoryByTime{}(*rest.next, *first->next)) first = &rest;
        }
        if (!first) return true;
        if (!look(*first->next++)) return false;
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
