#pragma once

#include <asyncjobs/json.hpp>
#include <asyncjobs/schedules/schedule.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

BOOST_DESCRIBE_ENUM(MissedSlots, skip, run_once, backfill)
BOOST_DESCRIBE_ENUM(OnConflict, keep, replace, refuse)

namespace schedules {

/// The members of NewJob that a schedule keeps. Input and metadata are strings in the JSON, so that
/// their bytes stay the same.
struct JobTemplate {
    std::string type = {};
    std::string input = {};
    std::string metadata = "null";
    std::string queue = {};
    std::string owner = {};
    int priority = 0;
    int max_attempts = 1;
    Duration start_within = {};
    Duration timeout = {};
    Duration retention = {};
    std::optional<Duration> keep_failed = {};
    std::optional<std::string> unique_key = {};
    OnConflict on_conflict = OnConflict::keep;
    std::optional<std::string> limit_key = {};

    friend bool operator==(const JobTemplate&, const JobTemplate&) = default;
};
BOOST_DESCRIBE_STRUCT(JobTemplate, (),
                      (type, input, metadata, queue, owner, priority, max_attempts, start_within,
                       timeout, retention, keep_failed, unique_key, on_conflict, limit_key))

struct Spec {
    std::string cron = {};
    std::string zone = {};
    JobTemplate job = {};
    MissedSlots missed = MissedSlots::run_once;
    Duration late_after = {};
    Duration backfill_for = {};
    std::string slot_member = {};

    friend bool operator==(const Spec&, const Spec&) = default;
};
BOOST_DESCRIBE_STRUCT(Spec, (), (cron, zone, job, missed, late_after, backfill_for, slot_member))

/// The input of a schedule's job.
struct ScheduleRecord {
    std::string name = {};
    Spec spec = {};
    std::optional<Timestamp> slot = {}; ///< the next to fire; empty: paused
    std::optional<Timestamp> last_slot = {};
    std::string last_job = {};
    bool removed = false; ///< the schedule was removed; this job ends without a successor
};
BOOST_DESCRIBE_STRUCT(ScheduleRecord, (), (name, spec, slot, last_slot, last_job, removed))

Spec to_spec(const Schedule& schedule);
Schedule to_schedule(const Spec& spec);

/// Returns the schedule's job for the record's slot.
NewJob to_job(const ScheduleRecord& record);

inline constexpr std::string_view schedule_type = "asyncjobs.schedule";
inline constexpr std::string_view schedule_queue = "asyncjobs.schedules";

/// Throws Error (Errc::invalid_argument) that names the member, the value and the rule.
void validate(std::string_view name, const Schedule& schedule);
void validate_name(std::string_view name);

} // namespace schedules
} // namespace asyncjobs::inline ASYNCJOBS_ABI
