#pragma once

#include <asyncjobs/schedules/schedule.hpp>

#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::schedules {

/// What to do when a schedule's job is due.
struct Firing {
    std::optional<Timestamp> slot = {}; ///< to fire; empty: none
    std::optional<Timestamp> next = {}; ///< to wait for; empty: the schedule has no more slots

    friend bool operator==(const Firing&, const Firing&) = default;
};

/// `slot` is the one that the schedule waited for, `now` the store's time.
Firing decide(const Schedule& schedule, Timestamp slot, Timestamp now);

/// Returns the schedule's job for `slot`.
NewJob job_of(const Schedule& schedule, Timestamp slot);

/// Returns an id derived from name and slot: the same in every process.
JobId job_id_of(std::string_view name, Timestamp slot);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::schedules
