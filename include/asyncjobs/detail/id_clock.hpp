#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/time.hpp>

#include <atomic>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Gives ids times that increase, though the wall clock may show the same time twice, so that jobs
/// of one call have ids in the order of the call. A clock that is set back by more than a second is
/// followed.
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
