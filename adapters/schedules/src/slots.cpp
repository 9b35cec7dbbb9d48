#include "slots.hpp"

#include <asyncjobs/detail/name_hash.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/value.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::schedules {

namespace {

using namespace std::chrono_literals;

std::optional<Timestamp> first_from(const Cron& cron, Timestamp time) {
    return cron.next_after(time - Duration{1});
}

/// Returns the last slot before `end`; `slot` is an earlier one. Searches backwards from the end in
/// growing steps, as there may be millions of slots in between.
Timestamp last_before(const Cron& cron, Timestamp slot, Timestamp end) {
    for (Duration back = 1min; slot < end - back; back *= 4)
        if (const auto found = cron.next_after(end - back); found && *found < end) slot = *found;
    for (auto next = cron.next_after(slot); next && *next < end; next = cron.next_after(slot))
        slot = *next;
    return slot;
}

} // namespace

Firing decide(const Schedule& schedule, Timestamp slot, Timestamp now) {
    const auto& cron = schedule.cron;
    // The clock was set back, and the store has moved the schedule's time back with it.
    if (slot > now) return {{}, first_from(cron, now)};
    const auto in_time = now - schedule.late_after;
    if (slot >= in_time) return {slot, cron.next_after(slot)};
    switch (schedule.missed) {
    case MissedSlots::skip:
        return {{}, first_from(cron, in_time)};
    case MissedSlots::run_once:
        return {last_before(cron, slot, in_time), first_from(cron, in_time)};
    case MissedSlots::backfill:
        break;
    }
    const auto oldest = now - schedule.backfill_for;
    if (slot >= oldest) return {slot, cron.next_after(slot)};
    const auto first = first_from(cron, oldest);
    if (!first || *first > now) return {{}, first};
    return {first, cron.next_after(*first)};
}

NewJob job_of(const Schedule& schedule, Timestamp slot) {
    auto job = schedule.job;
    if (schedule.slot_member.empty()) return job;
    auto input = json::to_value(job.input);
    input.as_object()[schedule.slot_member] = to_rfc3339(slot);
    job.input = json::serialize(input);
    return job;
}

JobId job_id_of(std::string_view name, Timestamp slot) {
    const auto identity = "asyncjobs.schedule/" + std::string(name) + '/' + to_rfc3339(slot);
    return detail::job_id_of(slot, detail::name_hash(identity));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::schedules
