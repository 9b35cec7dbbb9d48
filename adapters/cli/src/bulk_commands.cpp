#include "bulk_runner.hpp"
#include "health.hpp"
#include "job_search.hpp"
#include "pauses.hpp"
#include "progress_bar.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

using namespace std::chrono_literals;

/// The filter of a bulk action, by the options of a search.
std::string bulk_filter(Session& session) {
    const Arguments& given = session.arguments;
    ObjectText filter;
    std::vector<std::string> statuses;
    for (const auto& status : given.all("--status")) statuses.push_back(json_string(status));
    if (!statuses.empty()) filter.raw("statuses", array_of(statuses));
    filter.text_if("queue", given.one("--queue"))
        .text_if("type", given.one("--type"))
        .text_if("owner", given.one("--owner"))
        .text_if("worker", given.one("--worker"))
        .text_if("error_code", given.one("--error-code"))
        .text_if("created_since", session.past("--since"))
        .text_if("created_until", session.past("--until"));
    return filter.done();
}

/// The request, without `expected` and `dry_run`.
ObjectText bulk_request(Session& session, std::string_view action) {
    ObjectText request;
    request.text("action", action).raw("filter", bulk_filter(session));
    request.text_if("reason", session.reason());
    if (session.arguments.has("--all")) request.raw("all", "true");
    return request;
}

/// What the operator has confirmed: the number of jobs.
std::string confirmed_count(const Session& session, std::string_view action,
                            const Document& preview) {
    const auto found = preview["found.value"].text();
    const auto count = shown(preview["found"], Kind::count, std::nullopt);
    if (session.arguments.has("--yes")) {
        if (const auto expected = session.arguments.one("--expect")) return *expected;
        throw Failure(Exit::usage,
                      fmt::format("--yes needs --expect, the number of jobs: {} match", count));
    }
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0)
        throw Failure(Exit::usage,
                      fmt::format("{} jobs match; without a terminal, confirm by --yes --expect {}",
                                  count, found));
    session.output.note(fmt::format("This will {} {} jobs. Type {} to confirm:",
                                    action == "run_now" ? "make due" : action, count, found));
    std::string typed;
    std::getline(std::cin, typed);
    if (typed != found) throw Failure(Exit::negative, "not confirmed; nothing was changed");
    return found;
}

Target bulk_target(const std::string& id) { return Target("/bulk").segment(id); }

/// Waits for the end of an action, with a bar.
Document await_action(Session& session, const std::string& id, Pauses& pauses) {
    ProgressBar bar;
    for (;;) {
        auto action = session.connection().get(bulk_target(id));
        if (has_finished(action)) return action;
        bar.show(static_cast<int>(action["progress"].number()), action["message"].text());
        if (pauses.wait(200ms) == Pauses::Woken::interrupted)
            throw Failure(
                Exit::interrupted,
                fmt::format("interrupted; the action continues: asyncjobs bulk abort {}", id));
    }
}

Exit exit_for_action(const Document& action) {
    if (action["status"].text() != "completed") return Exit::negative;
    return action["result.skipped"].number() > 0 ? Exit::partly : Exit::done;
}

Exit finish_action(Session& session, const Document& started) {
    Connection& connection = session.connection();
    const auto id = started["job_id"].text();
    const bool runs_here = connection.local() && !session.arguments.has("--no-run") &&
                           !runs_bulk_actions(read_workers(connection));
    if (!runs_here && !session.arguments.has("--wait")) {
        session.output.record(started, "job_id", std::nullopt);
        return Exit::done;
    }
    Pauses pauses;
    std::optional<BulkRunner> runner;
    if (runs_here) {
        session.output.note("no worker runs bulk actions: this program does");
        runner.emplace(session.local());
    }
    const auto action = await_action(session, id, pauses);
    session.output.record(action, "job_id", std::nullopt);
    return exit_for_action(action);
}

Exit run_bulk(Session& session, std::string_view action) {
    Connection& connection = session.connection();
    ObjectText look = bulk_request(session, action);
    const auto preview = connection.post(Target("/bulk"), look.raw("dry_run", "true"));
    if (session.arguments.has("--dry-run")) {
        session.output.record(preview, "action", std::nullopt);
        return Exit::done;
    }
    if (preview["found.value"].text() == "0" && !session.arguments.has("--expect")) {
        session.output.note("no job matches");
        return Exit::done;
    }
    ObjectText request = bulk_request(session, action);
    request.raw("expected", confirmed_count(session, action, preview));
    return finish_action(session, connection.post(Target("/bulk"), request));
}

Exit cancel_in_bulk(Session& session) { return run_bulk(session, "cancel"); }
Exit retry_in_bulk(Session& session) { return run_bulk(session, "retry"); }
Exit remove_in_bulk(Session& session) { return run_bulk(session, "remove"); }
Exit run_now_in_bulk(Session& session) { return run_bulk(session, "run_now"); }

Exit list_bulk(Session& session) {
    const Listing listing{.array = "actions",
                          .id = "job_id",
                          .columns = {{"ACTION", "job_id"},
                                      {"WHAT", "action"},
                                      {"WHO", "who"},
                                      {"STATUS", "status", Kind::status},
                                      {"PROGRESS", "progress", Kind::percent},
                                      {"FOUND", "found", Kind::count},
                                      {"CHANGED", "result.changed", Kind::number},
                                      {"SKIPPED", "result.skipped", Kind::number},
                                      {"CREATED", "created_at", Kind::time},
                                      {"REASON", "reason", Kind::note}}};
    Target target("/bulk");
    target.parameter("limit", std::to_string(session.arguments.number("--limit", 50, 1, 200)));
    session.output.list(listing, session.connection().get(target), session.now_for_table());
    return Exit::done;
}

Exit show_bulk(Session& session) {
    const auto action = session.connection().get(bulk_target(session.arguments.required("id")));
    session.output.record(action, "job_id", session.now_for_table());
    return Exit::done;
}

Exit abort_bulk(Session& session) {
    const auto reply = session.connection().post(
        bulk_target(session.arguments.required("id")).segment("abort"), ObjectText());
    session.output.sentence(reply, reply["outcome"].text());
    return Exit::done;
}

Command bulk_command(std::string_view name, std::string_view help, Exit (*act)(Session&)) {
    using Takes = Parameter::Takes;
    Command command{.name = name, .help = help, .parameters = search_options(), .run = act};
    for (const Parameter& more : std::vector<Parameter>{
             {.name = "--all", .help = "Without a filter: every job", .takes = Takes::flag},
             {.name = "--dry-run", .help = "Only count the jobs", .takes = Takes::flag},
             {.name = "--yes", .help = "Do not ask; needs --expect", .takes = Takes::flag},
             {.name = "--expect", .help = "Jobs that should match, to a tenth"},
             {.name = "--wait", .help = "Wait for the end", .takes = Takes::flag},
             {.name = "--no-run",
             .help = "Leave the action to a worker that starts later",
             .takes = Takes::flag},
             reason_option()})
        command.parameters.push_back(more);
    return command;
}

} // namespace

std::vector<Command> bulk_commands() {
    const Parameter id{.name = "id", .help = "Id of the action", .required = true};
    return {
        {.name = "bulk list",
         .help = "Bulk actions, newest first",
         .parameters = {limit_option()},
         .run = list_bulk,
         .is_default = true},
        {.name = "bulk show", .help = "A bulk action", .parameters = {id}, .run = show_bulk},
        {.name = "bulk abort",
         .help = "Stop a bulk action; what it has changed stays so",
         .parameters = {id},
         .run = abort_bulk},
        bulk_command("bulk cancel", "Cancel all jobs that match", cancel_in_bulk),
        bulk_command("bulk retry", "Retry all failed or cancelled jobs that match", retry_in_bulk),
        bulk_command("bulk remove", "Remove all finished jobs that match", remove_in_bulk),
        bulk_command("bulk run-now", "Make all jobs due that match and wait for their time",
                     run_now_in_bulk),
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
