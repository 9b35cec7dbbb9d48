#pragma once

#include <asyncjobs/store/job_search.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <boost/intrusive/set.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a MemoryJobStore looks its jobs up by.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

struct MemoryQueue;
struct MemoryRecord;
struct MemorySchedule;

using MemoryHook =
    boost::intrusive::set_member_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;

/// A job and its places in the indexes, which need no memory of their own.
struct MemoryRecord {
    StoredJob job;
    Timestamp at; ///< its place in the schedule: claim_time(), lease_expires_at or expires_at
    std::vector<JobId> parents;             ///< by id
    JobStatus counted = JobStatus::pending; ///< the status that it is counted with
    MemoryQueue* queue = nullptr;
    MemorySchedule* schedule = nullptr; ///< which it is in
    MemoryHook in_schedule, in_all, in_owned;
};

struct MemoryById {
    bool operator()(const MemoryRecord& a, const MemoryRecord& b) const noexcept {
        return a.job.id.text() < b.job.id.text();
    }
    bool operator()(const MemoryRecord& a, const JobId& b) const noexcept {
        return a.job.id.text() < b.text();
    }
    bool operator()(const JobId& a, const MemoryRecord& b) const noexcept {
        return a.text() < b.job.id.text();
    }
};

struct MemoryByTime {
    bool operator()(const MemoryRecord& a, const MemoryRecord& b) const noexcept {
        return a.at != b.at ? a.at < b.at : MemoryById{}(a, b);
    }
    bool operator()(const MemoryRecord& a, const SearchPosition& b) const noexcept {
        return a.at != b.at ? a.at < b.at : MemoryById{}(a, b.id);
    }
    bool operator()(const SearchPosition& a, const MemoryRecord& b) const noexcept {
        return a.at != b.at ? a.at < b.at : MemoryById{}(a.id, b);
    }
    bool operator()(const MemoryRecord& a, Timestamp b) const noexcept { return a.at < b; }
    bool operator()(Timestamp a, const MemoryRecord& b) const noexcept { return a < b.at; }
};

template <MemoryHook MemoryRecord::*hook, typename Order>
using MemoryIndex = boost::intrusive::set<
    MemoryRecord, boost::intrusive::member_hook<MemoryRecord, MemoryHook, hook>,
    boost::intrusive::compare<Order>, boost::intrusive::constant_time_size<false>>;

struct MemorySchedule : MemoryIndex<&MemoryRecord::in_schedule, MemoryByTime> {};
using MemoryCatalogue = MemoryIndex<&MemoryRecord::in_all, MemoryById>;
using MemoryOwned = MemoryIndex<&MemoryRecord::in_owned, MemoryById>;

struct MemoryQueue {
    MemorySchedule pending;
    MemorySchedule scheduled; ///< pending jobs with a priority that are not due yet
    MemorySchedule blocked;   ///< pending jobs that wait for a parent
    MemorySchedule parked;    ///< pending jobs that wait until a limit admits them
    std::size_t processing = 0;
    std::optional<Timestamp> paused_since;

    /// Those of the pending jobs.
    std::array<const MemorySchedule*, 4> schedules() const noexcept {
        return {&pending, &scheduled, &blocked, &parked};
    }

    bool is_used() const noexcept {
        const auto is_empty = [](const MemorySchedule* schedule) { return schedule->empty(); };
        return processing > 0 || paused_since || !std::ranges::all_of(schedules(), is_empty);
    }
};

/// How long the last few runs took.
class RecentRuns {
public:
    void add(Duration run) noexcept {
        // It is negative if the clock was set back meanwhile.
        runs_[next_++ % runs_.size()] = std::max(run, Duration::zero());
        count_ = std::min(count_ + 1, runs_.size());
    }

    Duration mean() const noexcept {
        const auto sum = std::accumulate(runs_.begin(), runs_.begin() + count_, Duration{});
        return sum / static_cast<Duration::rep>(count_);
    }

private:
    std::array<Duration, 20> runs_ = {};
    std::size_t next_ = 0, count_ = 0;
};

/// In order, since clients may choose the names, as in all tables here but those of job ids.
template <typename Value>
using ByName = std::map<std::string, Value, std::less<>>;

/// Each new job has the highest id so far, or nearly, and each new entry of a schedule the latest
/// time: the end is where to look first.
template <typename Index>
void insert_near_end(Index& index, MemoryRecord& record) {
    index.insert(index.end(), record);
}

template <typename Index>
void erase_from(Index& index, MemoryRecord& record) {
    index.erase(index.iterator_to(record));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
