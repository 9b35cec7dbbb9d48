#include "pages.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

Listing queue_listing() {
    return {.array = "queues",
            .id = "queue",
            .columns = {{"QUEUE", "queue"},
                        {"DUE", "due", Kind::count},
                        {"OLDEST", "oldest_due_age", Kind::span},
                        {"SCHEDULED", "scheduled", Kind::count},
                        {"BLOCKED", "blocked", Kind::count},
                        {"THROTTLED", "throttled", Kind::count},
                        {"PROCESSING", "processing", Kind::count},
                        {"PAUSED", "paused_since", Kind::time}}};
}

namespace {

Exit list_queues(Session& session) { return list_by_name(session, queue_listing()); }

Exit set_queue_paused(Session& session, std::string_view path) {
    ObjectText body;
    body.text("queue", session.arguments.required("queue")).text_if("reason", session.reason());
    const auto reply = session.connection().post(Target(std::string(path)), body);
    session.output.sentence(reply, reply["outcome"].text());
    return Exit::done;
}

Exit pause_queue(Session& session) { return set_queue_paused(session, "/queues/pause"); }
Exit resume_queue(Session& session) { return set_queue_paused(session, "/queues/resume"); }

} // namespace

std::vector<Command> queue_commands() {
    const Parameter queue{.name = "queue", .help = "Name of the queue", .required = true};
    return {
        {.name = "queues list",
         .help = "Queues: what is due, waits and runs",
         .parameters = {limit_option()},
         .run = list_queues,
         .is_default = true},
        {.name = "queues pause",
         .help = "Pause a queue: its jobs wait",
         .parameters = {queue, reason_option()},
         .run = pause_queue},
        {.name = "queues resume",
         .help = "Resume a queue",
         .parameters = {queue, reason_option()},
         .run = resume_queue},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
