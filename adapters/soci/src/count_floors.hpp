#pragma once

#include <asyncjobs/time.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where a count of a queue's jobs begins.
///
/// An index keeps the entries of what is gone until the database has cleaned up, which one long
/// transaction of anybody's puts off. All are counted as long as that is quick. Where it is not, at
/// most a twentieth of the time is spent on it; the counts in between begin with the oldest job
/// that was found last.
///
/// Thread-safety  Full.
class CountFloors {
public:
    Timestamp begin(std::string_view queue, SteadyTime now) {
        const std::lock_guard lock(mutex_);
        const auto found = floors_.find(queue);
        if (found == floors_.end() || now >= found->second.ends_at) return Timestamp::min();
        return found->second.floor;
    }

    /// `oldest` that was counted; if there was none, everything before `counted_at` is gone.
    void end(std::string_view queue, Timestamp floor, std::optional<Timestamp> oldest,
             Timestamp counted_at, SteadyTime began, SteadyTime now) {
        constexpr std::chrono::milliseconds quick_count{5};
        constexpr std::chrono::milliseconds commit_lag{100};
        constexpr int count_one_in = 20;
        const std::lock_guard lock(mutex_);
        auto found = floors_.find(queue);
        if (floor == Timestamp::min()) {
            if (now - began <= quick_count) {
                if (found != floors_.end()) floors_.erase(found);
                return;
            }
            if (found == floors_.end()) found = floors_.emplace(std::string(queue), Floor{}).first;
            found->second.ends_at = now + count_one_in * (now - began);
        }
        if (found != floors_.end()) found->second.floor = oldest.value_or(counted_at) - commit_lag;
    }

    void forget() {
        const std::lock_guard lock(mutex_);
        floors_.clear();
    }

private:
    struct Floor {
        Timestamp floor = Timestamp::min();
        SteadyTime ends_at = {};
    };
    std::mutex mutex_;
    std::map<std::string, Floor, std::less<>> floors_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
