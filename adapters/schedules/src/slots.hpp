#pragma once

#include <asyncjobs/schedules/schedule.hpp>

#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::schedules {

/// What follows when a schedule's job comes due.
struct Firing {
    std::optional<Timestamp> slot = {}; ///< the one to fire; empty: none
    std::optional<Timestamp> next = {}; ///< the one to wait for; empty: the schedule is over

    friend bool operator==(const Firing&, const Firing&) = default;
};

/// `slot` is what the schedule waited for, `now` the store's time.
Firing decide(const Schedule& schedule, Timestamp slot, Timestamp now);

/// The schedule's job for `slot`.
NewJob job_of(const Schedule& schedule, Timestamp slot);

/// One and the same for a schedule and a slot.
JobId job_id_of(std::string_view name, Timestamp slot);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::schedules
