#pragma once

#include <asyncjobs/time.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where a count begins, in the order of an index: of a queue's jobs, say.
///
/// An index keeps the entries of what is gone until the database has cleaned up, which one long
/// transaction of anybody's puts off. So a count begins with the oldest that the last one found, or
/// with its time if it found none. All are counted once a second, or more rarely where that takes
/// long: a hundredth of the time is spent on it, so that it is rare among counts, too. Half a
/// minute later at the latest: what took so long may have waited for something else.
///
/// Thread-safety  Full.
class CountFloors {
public:
    Timestamp begin(std::string_view of, SteadyTime now) {
        const std::lock_guard lock(mutex_);
        const auto found = floors_.find(of);
        if (found == floors_.end() || now >= found->second.ends_at) return Timestamp::min();
        return found->second.floor;
    }

    /// `oldest` that was counted; if there was none, everything before `counted_at` is gone.
    void end(std::string_view of, Timestamp floor, std::optional<Timestamp> oldest,
             Timestamp counted_at, SteadyTime began, SteadyTime now) {
        constexpr std::chrono::milliseconds commit_lag{100};
        const std::lock_guard lock(mutex_);
        auto found = floors_.find(of);
        if (found == floors_.end()) found = floors_.emplace(std::string(of), Floor{}).first;
        Floor& known = found->second;
        const bool was_lowered = known.lowered_at >= began;
        known.floor = std::min(oldest.value_or(counted_at) - commit_lag,
                               was_lowered ? known.floor : Timestamp::max());
        known.counted_at = counted_at;
        known.counted_by = now;
        if (floor == Timestamp::min())
            known.ends_at = now + std::clamp<SteadyTime::duration>(all_one_in * (now - began),
                                                                   all_after, longest_pause);
    }

    /// Something with this time is there now.
    void lower(std::string_view of, Timestamp time, SteadyTime now) {
        const std::lock_guard lock(mutex_);
        if (const auto found = floors_.find(of); found != floors_.end())
            lower(found->second, time, now);
    }

    /// The same of something whose time is `after` that of the database.
    void lower(std::string_view of, Duration after, SteadyTime now) {
        const std::lock_guard lock(mutex_);
        if (const auto found = floors_.find(of); found != floors_.end())
            lower(found->second,
                  found->second.counted_at + (now - found->second.counted_by) + after, now);
    }

    /// The next counts are of all.
    void forget() {
        const std::lock_guard lock(mutex_);
        floors_.clear();
    }

private:
    static constexpr std::chrono::seconds all_after{1};
    static constexpr std::chrono::seconds longest_pause{30};
    static constexpr int all_one_in = 100;

    struct Floor {
        Timestamp floor = Timestamp::min();
        Timestamp counted_at = {};  ///< by the database's clock
        SteadyTime counted_by = {}; ///< by this process's
        SteadyTime ends_at = {};
        SteadyTime lowered_at = {};
    };

    static void lower(Floor& known, Timestamp time, SteadyTime now) {
        constexpr std::chrono::seconds clock_error{1};
        known.lowered_at = now;
        known.floor = std::min(known.floor, time - clock_error);
    }

    std::mutex mutex_;
    std::map<std::string, Floor, std::less<>> floors_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
