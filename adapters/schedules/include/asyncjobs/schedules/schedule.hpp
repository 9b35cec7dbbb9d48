#pragma once

#include <asyncjobs/job.hpp>
#include <asyncjobs/schedules/cron.hpp>

#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What becomes of slots that nobody could handle in time, because all processes were down, say.
enum class MissedSlots {
    skip,     ///< they are dropped
    run_once, ///< the latest of them fires, and stands for all
    backfill, ///< each of them fires, oldest first, unless it is older than `backfill_for`
};

/// A job that recurs. Made for designated initialisers.
struct Schedule {
    Cron cron;

    /// What each slot submits; `id`, `run_at`, `delay`, `deadline`, `unique_by`,
    /// `idempotency_key` and `after` are to be left as they are. A slot whose `unique_key` is taken
    /// by a live job submits nothing: one key for all slots keeps runs from overlapping.
    NewJob job = {};

    MissedSlots missed = MissedSlots::run_once;

    /// 1 s - 30 days; a slot is missed if it is not handled by then.
    TimeSpan late_after = std::chrono::minutes{1};

    /// From late_after to 366 days; what is older is dropped by MissedSlots::backfill.
    TimeSpan backfill_for = std::chrono::hours{24};

    /// Empty, or the member of the job's input, an object, that is set to the slot, as RFC 3339: a
    /// described struct reads it into a Timestamp.
    std::string slot_member = {};
};

/// A schedule as it stands.
struct ScheduleStatus {
    std::string name = {};
    Schedule schedule;
    bool paused = false;
    std::optional<Timestamp> next_slot = {}; ///< empty while it is paused
    std::optional<Timestamp> last_slot = {}; ///< that fired
    std::optional<JobId> last_job = {};      ///< that it submitted
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
