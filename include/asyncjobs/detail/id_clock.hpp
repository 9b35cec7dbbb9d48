#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/time.hpp>

#include <atomic>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Makes strictly increasing times for ids, even if the wall clock repeats a time, so that ids of
/// one call are in its order. Follows a clock that is set back by more than a second.
///
/// Thread-safety  Full.
class IdClock {
public:
    Timestamp next(Timestamp now) noexcept {
        constexpr Duration most_ahead = std::chrono::seconds{1};
        Timestamp last = last_.load();
        Timestamp next;
        do next = now <= last && last - now < most_ahead ? last + Duration{1} : now;
        while (!last_.compare_exchange_weak(last, next));
        return next;
    }

private:
    std::atomic<Timestamp> last_ = Timestamp::min();
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
