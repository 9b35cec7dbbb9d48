#pragma once

#include <asyncjobs/time.hpp>

#include <algorithm>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Pauses between looks at the first entries of an index, so that looks take at most a twentieth of
/// the time. There are no pauses while looks are quick; they are slow when the index keeps entries
/// of removed rows. A single slow look, even two, may be an accident, so no pause exceeds a minute.
///
/// Thread-safety  Full.
class LookPauses {
public:
    bool may_look(SteadyTime now) const {
        const std::lock_guard lock(mutex_);
        return now >= ends_at_;
    }

    void looked(SteadyTime began, SteadyTime now) {
        constexpr std::chrono::milliseconds quick{5};
        constexpr int look_one_in = 20;
        constexpr std::chrono::minutes longest{1};
        const std::lock_guard lock(mutex_);
        const bool is_slow = now - began > quick;
        if (is_slow && was_slow_)
            ends_at_ = now + std::min<SteadyTime::duration>(look_one_in * (now - began), longest);
        was_slow_ = is_slow;
    }

    void end() {
        const std::lock_guard lock(mutex_);
        ends_at_ = {};
    }

private:
    mutable std::mutex mutex_;
    bool was_slow_ = false;
    SteadyTime ends_at_ = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
