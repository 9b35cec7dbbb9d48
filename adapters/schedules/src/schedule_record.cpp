#include "schedule_record.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::schedules {

namespace {

using namespace std::chrono_literals;

/// When the job of a paused schedule is due.
constexpr Timestamp never{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

[[noreturn]] void refuse(std::string_view rule) {
    throw Error(Errc::invalid_argument, std::string(rule));
}

/// Members that each slot sets itself, or can't have, must not be set.
void validate_template(const NewJob& job) {
    const auto leave = [](bool is_set, std::string_view member, std::string_view value,
                          std::string_view instead) {
        if (is_set)
            refuse(fmt::format("job.{} is {}, but must be unset: {}", member, value, instead));
    };
    constexpr std::string_view own_time = "the slot decides";
    leave(job.id != JobId(), "id", job.id.text(), "each slot's job has its own");
    leave(job.run_at.has_value(), "run_at", to_rfc3339(job.run_at.value_or(never)), own_time);
    leave(job.delay != 0us, "delay", detail::shown(job.delay), own_time);
    leave(job.deadline.has_value(), "deadline", to_rfc3339(job.deadline.value_or(never)),
          "start_within counts from each slot");
    leave(job.unique_by.has_value(), "unique_by", "set", "unique_key holds for all slots");
    leave(job.idempotency_key.has_value(), "idempotency_key", "set",
          "each slot's job has its own id");
    leave(!job.after.empty(), "after", "not empty", "a slot waits for no other job");
}

/// Copies the members that JobTemplate and NewJob share, in either direction; input and metadata
/// differ.
template <typename From, typename To>
void copy_template(const From& from, To& to) {
    to.type = from.type;
    to.queue = from.queue;
    to.owner = from.owner;
    to.priority = from.priority;
    to.max_attempts = from.max_attempts;
    to.start_within = from.start_within;
    to.timeout = from.timeout;
    to.retention = from.retention;
    to.keep_failed = from.keep_failed;
    to.unique_key = from.unique_key;
    to.on_conflict = from.on_conflict;
    to.limit_key = from.limit_key;
}

void validate_slot_member(const Schedule& schedule) {
    const auto& member = schedule.slot_member;
    if (member.empty()) return;
    detail::check_label("slot_member", member);
    if (!json::to_value(schedule.job.input).is_object())
        refuse(fmt::format("slot_member is \"{}\", but the job's input must be an object for that",
                           member));
}

} // namespace

Spec to_spec(const Schedule& schedule) {
    Spec spec{.cron = schedule.cron.expression(),
              .zone = schedule.cron.zone(),
              .missed = schedule.missed,
              .late_after = schedule.late_after,
              .backfill_for = schedule.backfill_for,
              .slot_member = schedule.slot_member};
    copy_template(schedule.job, spec.job);
    spec.job.input = schedule.job.input.text();
    spec.job.metadata = schedule.job.metadata.text();
    return spec;
}

Schedule to_schedule(const Spec& spec) {
    Schedule schedule{.cron = Cron(spec.cron, spec.zone),
                      .missed = spec.missed,
                      .late_after = spec.late_after,
                      .backfill_for = spec.backfill_for,
                      .slot_member = spec.slot_member};
    copy_template(spec.job, schedule.job);
    schedule.job.input = JsonText::parse(spec.job.input);
    schedule.job.metadata = JsonText::parse(spec.job.metadata);
    return schedule;
}

NewJob to_job(const ScheduleRecord& record) {
    return {.type = schedule_type,
            .input = json::serialize(record),
            .queue = std::string(schedule_queue),
            .max_attempts = 1000, // a schedule that can't fire for now must not end
            .run_at = record.removed ? std::nullopt : std::optional(record.slot.value_or(never)),
            .retention = 1h, // each slot leaves one
            .unique_key = "schedule:" + record.name};
}

void validate_name(std::string_view name) { detail::check_name("a schedule's name", name); }

void validate(std::string_view name, const Schedule& schedule) {
    validate_name(name);
    asyncjobs::validate(schedule.job);
    validate_template(schedule.job);
    detail::check_range("late_after", schedule.late_after, Duration{1s},
                        Duration{std::chrono::days{30}});
    detail::check_range("backfill_for", schedule.backfill_for, schedule.late_after,
                        Duration{std::chrono::days{366}});
    validate_slot_member(schedule);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::schedules
