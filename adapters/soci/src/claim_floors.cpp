#include "claim_floors.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// A submit may be committed this much later than another that was begun after it.
constexpr Duration submit_lag = std::chrono::milliseconds{100};

/// A job from below that comes while there is a backlog waits no longer.
constexpr Duration longest_wait = std::chrono::seconds{1};

/// One that is expected, no longer than this.
constexpr Duration short_wait = std::chrono::milliseconds{100};

/// Of the time, at most this part is spent on searches below, unless they are cheap.
constexpr int search_one_in = 20;
constexpr Duration cheap = std::chrono::milliseconds{20};

} // namespace

ClaimFloors::Search ClaimFloors::begin(std::string_view queue, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = queues_.find(queue);
    if (found == queues_.end()) return {};
    const Queue& known = found->second;
    if (now >= known.begins_anew_at) return {};
    return {known.floor, now >= known.looks_below_at};
}

void ClaimFloors::end(std::string_view queue, const Search& search, std::optional<Timestamp> oldest,
                      bool is_filled, SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    auto found = queues_.find(queue);
    if (found == queues_.end()) found = queues_.emplace(std::string(queue), Queue{}).first;
    Queue& known = found->second;
    const auto took = now - began;
    const auto rest = took > cheap ? search_one_in * took : Duration::zero();
    if (search.floor == Timestamp::min()) {
        known.may_begin_anew_at = now + std::max<SteadyTime::duration>(short_wait, rest);
        known.begins_anew_at = now + std::max<SteadyTime::duration>(longest_wait, rest);
    } else if (!is_filled && search.looks_below) {
        known.looks_below_at = now + rest;
    }
    if (oldest) known.floor = std::max(search.floor, *oldest - submit_lag);
}

void ClaimFloors::expect(std::span<const NewJob> jobs) {
    for (const NewJob& job : jobs) {
        if (job.priority == 0) continue;
        const std::lock_guard lock(mutex_);
        if (const auto found = queues_.find(job.queue); found != queues_.end())
            found->second.begins_anew_at = found->second.may_begin_anew_at;
    }
}

void ClaimFloors::lower(std::string_view queue, Timestamp run_at) {
    const std::lock_guard lock(mutex_);
    const auto found = queues_.find(queue);
    if (found != queues_.end()) found->second.floor = std::min(found->second.floor, run_at);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
