#include "schedule_record.hpp"

#include <asyncjobs/detail/options_check.hpp>
#include <asyncjobs/detail/text_rules.hpp>

#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace asyncjobs::schedules {

namespace {

using namespace std::chrono_literals;

/// When the job of a paused schedule is due.
constexpr Timestamp never{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

[[noreturn]] void refuse(std::string_view rule) {
    throw Error(Errc::invalid_argument, std::string(rule));
}

void validate_slot_member(const Schedule& schedule) {
    const auto& member = schedule.slot_member;
    if (member.empty()) return;
    if (!detail::is_label(member))
        refuse(fmt::format("slot_member is \"{}\", but must be at most 255 bytes of UTF-8 without "
                           "control characters",
                           detail::printable(detail::shortened(member, 100))));
    if (!json::to_value(schedule.job.input).is_object())
        refuse(fmt::format("slot_member is \"{}\", but the job's input must be an object then",
                           member));
}

} // namespace

Spec to_spec(const Schedule& schedule) {
    const auto& job = schedule.job;
    return {.cron = schedule.cron.expression(),
            .zone = schedule.cron.zone(),
            .job = {.type = job.type,
                    .input = job.input.text(),
                    .queue = job.queue,
                    .owner = job.owner,
                    .max_attempts = job.max_attempts,
                    .timeout = job.timeout,
                    .retention = job.retention,
                    .unique_key = job.unique_key,
                    .on_conflict = job.on_conflict},
            .missed = schedule.missed,
            .late_after = schedule.late_after,
            .backfill_for = schedule.backfill_for,
            .slot_member = schedule.slot_member};
}

Schedule to_schedule(const Spec& spec) {
    const auto& job = spec.job;
    return {.cron = Cron(spec.cron, spec.zone),
            .job = {.type = job.type,
                    .input = JsonText::parse(job.input),
                    .queue = job.queue,
                    .owner = job.owner,
                    .max_attempts = job.max_attempts,
                    .timeout = job.timeout,
                    .retention = job.retention,
                    .unique_key = job.unique_key,
                    .on_conflict = job.on_conflict},
            .missed = spec.missed,
            .late_after = spec.late_after,
            .backfill_for = spec.backfill_for,
            .slot_member = spec.slot_member};
}

NewJob to_job(const ScheduleRecord& record) {
    return {.type = std::string(schedule_type),
            .input = json::serialize(record),
            .queue = std::string(schedule_queue),
            .max_attempts = 1000, // a schedule that can't fire for now must not end
            .run_at = record.removed ? std::nullopt : std::optional(record.slot.value_or(never)),
            .retention = 1h, // each slot leaves one
            .unique_key = "schedule:" + record.name};
}

void validate_name(std::string_view name) {
    if (!detail::is_name(name))
        refuse(fmt::format("a schedule's name is \"{}\", but must be 1-100 characters of "
                           "A-Z a-z 0-9 . _ : / -",
                           detail::printable(detail::shortened(name, 100))));
}

void validate(std::string_view name, const Schedule& schedule) {
    validate_name(name);
    const auto& job = schedule.job;
    validate(job);
    if (job.id != JobId())
        refuse(fmt::format("job.id is {}, but must be left null: each slot's job has its own",
                           job.id.text()));
    if (job.run_at)
        refuse(fmt::format("job.run_at is {}, but must be left empty: the slot decides",
                           to_rfc3339(*job.run_at)));
    if (job.delay != 0us)
        refuse(fmt::format("job.delay is {} us, but must be left 0: the slot decides",
                           job.delay.count()));
    detail::check_range("late_after", schedule.late_after, Duration{1s},
                        Duration{std::chrono::days{30}});
    detail::check_range("backfill_for", schedule.backfill_for, schedule.late_after,
                        Duration{std::chrono::days{366}});
    validate_slot_member(schedule);
}

} // namespace asyncjobs::schedules
