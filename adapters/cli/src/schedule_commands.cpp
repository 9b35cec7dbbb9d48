#include "pages.hpp"
#include "times.hpp"

#include <asyncjobs/schedules/cron.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Exit list_schedules(Session& session) {
    const Listing listing{.array = "schedules",
                          .id = "name",
                          .columns = {{"SCHEDULE", "name"},
                                      {"CRON", "cron"},
                                      {"ZONE", "zone"},
                                      {"NEXT", "next_slot", Kind::time},
                                      {"NEXT LOCAL", "next_slot_local"},
                                      {"PAUSED", "paused"},
                                      {"TYPE", "type"},
                                      {"QUEUE", "queue"},
                                      {"LAST", "last_slot", Kind::time},
                                      {"LAST JOB", "last_job"}}};
    return list_by_name(session, listing);
}

/// Prints a member of the reply.
Exit change_schedule(Session& session, std::string_view path, std::string_view shown_member) {
    ObjectText body;
    body.text("name", session.arguments.required("name")).text_if("reason", session.reason());
    const auto reply = session.connection().post(Target(std::string(path)), body);
    session.output.sentence(reply, reply[shown_member].text());
    return Exit::done;
}

Exit pause_schedule(Session& session) {
    return change_schedule(session, "/schedules/pause", "outcome");
}
Exit resume_schedule(Session& session) {
    return change_schedule(session, "/schedules/resume", "outcome");
}
Exit trigger_schedule(Session& session) {
    return change_schedule(session, "/schedules/trigger", "job_id");
}

Exit show_next_slots(Session& session) {
    const auto count = session.arguments.number("--count", 5, 1, 1'000);
    const Cron cron(session.arguments.required("cron"),
                    session.arguments.one("--zone").value_or("UTC"));
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    std::vector<std::string> slots;
    for (auto slot = cron.next_after(now); slot && slots.size() < count;
         slot = cron.next_after(*slot))
        slots.push_back(ObjectText()
                            .text("slot", to_rfc3339(*slot))
                            .text("local", cron.to_local_rfc3339(*slot))
                            .text("in", relative(*slot, now))
                            .done());
    const Listing listing{.array = "slots",
                          .id = "slot",
                          .columns = {{"SLOT", "slot"}, {"LOCAL", "local"}, {"WHEN", "in"}}};
    session.output.list(listing, document_with("slots", slots), std::nullopt);
    return slots.empty() ? Exit::negative : Exit::done;
}

} // namespace

std::vector<Command> schedule_commands() {
    const Parameter name{.name = "name", .help = "Name of the schedule", .required = true};
    return {
        {.name = "schedules list",
         .help = "Schedules of recurring jobs",
         .parameters = {limit_option()},
         .run = list_schedules,
         .is_default = true},
        {.name = "schedules pause",
         .help = "Pause a schedule",
         .parameters = {name, reason_option()},
         .run = pause_schedule},
        {.name = "schedules resume",
         .help = "Resume a schedule",
         .parameters = {name, reason_option()},
         .run = resume_schedule},
        {.name = "schedules trigger",
         .help = "Submit a schedule's job now; prints its id",
         .parameters = {name, reason_option()},
         .run = trigger_schedule},
        {.name = "schedules next",
         .help = "When an expression fires, without a store",
         .parameters = {{.name = "cron", .help = "Such as '0 3 * * *'", .required = true},
                        {.name = "--zone", .help = "Time zone (default: UTC)"},
                        {.name = "--count", .help = "Slots (default: 5)"}},
         .run = show_next_slots},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
