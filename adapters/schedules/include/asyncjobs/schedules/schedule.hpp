#pragma once

#include <asyncjobs/job.hpp>
#include <asyncjobs/schedules/cron.hpp>

#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What to do with slots that no scheduler handled in time, for example because all processes were
/// down.
enum class MissedSlots {
    skip,     ///< drop them
    run_once, ///< fire the latest of them, once for all
    backfill, ///< fire each, oldest first, unless it is older than `backfill_for`
};

/// A job that recurs. Made for designated initialisers.
struct Schedule {
    Cron cron;

    /// What each slot submits; leave `id`, `run_at`, `delay`, `deadline`, `unique_by`,
    /// `idempotency_key` and `after` unset. A slot whose `unique_key` a live job holds submits
    /// nothing: one key for all slots keeps runs from overlapping.
    NewJob job = {};

    MissedSlots missed = MissedSlots::run_once;

    /// 1 s - 30 days; a slot that is not handled within this time is missed.
    TimeSpan late_after = std::chrono::minutes{1};

    /// From late_after to 366 days; MissedSlots::backfill drops older slots.
    TimeSpan backfill_for = std::chrono::hours{24};

    /// The member of the job's input, an object, to set to the slot, as RFC 3339: a described
    /// struct reads it into a Timestamp. Empty: none.
    std::string slot_member = {};
};

/// A schedule and its current state.
struct ScheduleStatus {
    std::string name = {};
    Schedule schedule;
    bool paused = false;
    std::optional<Timestamp> next_slot = {}; ///< empty while paused
    std::optional<Timestamp> last_slot = {}; ///< the last that fired
    std::optional<JobId> last_job = {};      ///< the last that was submitted
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
