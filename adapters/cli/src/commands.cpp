#include "command.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

const std::vector<Command>& all_commands() {
    static const std::vector<Command> commands = [] {
        std::vector<Command> all;
        for (auto* const room : {status_commands, queue_commands, job_commands, wait_commands,
                                 bulk_commands, worker_commands, limit_commands, schedule_commands,
                                 webhook_commands, history_commands, doctor_commands,
                                 serve_commands, top_commands, schema_commands, shell_commands})
            for (Command& command : room()) all.push_back(std::move(command));
        return all;
    }();
    return commands;
}

const std::vector<Parameter>& common_options() {
    static const std::vector<Parameter> options = {
        {.name = "--store",
         .help = "URL of a store, or https://.../operator of a server (default: ASYNCJOBS_STORE)"},
        {.name = "--output",
         .help = "Format of the output (default: table)",
         .choices = {"table", "json", "jsonl", "csv", "id"}},
        {.name = "--token-file",
         .help = "File with the bearer token for a server (default: ASYNCJOBS_TOKEN has it)"},
        {.name = "--ca-file", .help = "PEM file of certificates that are trusted, too"},
        {.name = "--allow-http",
         .help = "Send the token to another machine without encryption",
         .takes = Parameter::Takes::flag}};
    return options;
}

std::string_view help_of_group(std::string_view group) noexcept {
    if (group == "queues") return "Queues: list, pause, resume";
    if (group == "jobs") return "Jobs: search, explain, cancel, retry, remove";
    if (group == "bulk") return "Bulk actions: cancel, retry, remove all jobs that match";
    if (group == "schedules") return "Recurring jobs: list, pause, resume, trigger, next";
    if (group == "webhooks") return "Endpoints of webhooks: list, enable, disable";
    if (group == "workers") return "Workers: list, order";
    if (group == "limits") return "Limits of rate and concurrency: list, set, remove";
    return "More commands";
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
