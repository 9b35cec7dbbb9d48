#include "health.hpp"
#include "times.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

/// What is wrong, and how bad that is.
struct Health {
    Exit exit = Exit::done;
    std::vector<std::string> findings = {};

    void add(Exit how_bad, std::string finding) {
        exit = std::max(exit, how_bad);
        findings.push_back(std::move(finding));
    }
};

void check_queue(const Document& queue, const std::set<std::string>& served, Duration max_wait,
                 Health& health) {
    if (!has_due_jobs(queue)) return;
    const auto name = queue["queue"].text();
    if (!is_paused(queue) && !served.contains(name))
        health.add(Exit::negative, fmt::format("queue {}: no running worker serves it", name));
    const auto age = span_of(queue["oldest_due_age"].number());
    if (age > max_wait)
        health.add(Exit::negative,
                   fmt::format("queue {}: a job has been due for {}{}", name, in_words(age),
                               is_paused(queue) ? ", it is paused" : ""));
}

Health check_health(Session& session) {
    const auto max_wait = session.arguments.span("--max-wait", std::chrono::minutes{5});
    const auto served = served_by(read_workers(session.connection()), "queues");
    Health health;
    bool is_due = false;
    for (const Document& queue : read_queues(session.connection())) {
        check_queue(queue, served, max_wait, health);
        is_due = is_due || (has_due_jobs(queue) && !is_paused(queue));
    }
    if (is_due && served.empty()) health.add(Exit::critical, "jobs are due, and no worker runs");
    return health;
}

Exit list_problems(Session& session) {
    const Listing listing{.array = "problems",
                          .id = "subject",
                          .columns = {{"SEVERITY", "severity", Kind::status},
                                      {"KIND", "kind"},
                                      {"SINCE", "since", Kind::time},
                                      {"PROBLEM", "sentence"}}};
    const auto problems = session.connection().get(Target("/problems"));
    session.output.list(listing, problems, problems["now"].time());
    return Exit::done;
}

std::string counts_of(const Document& overview) {
    return fmt::format("jobs: {}\nworkers: {}", in_one_line(overview["jobs"]),
                       in_one_line(overview["workers"]));
}

std::string_view name_of(Exit exit) noexcept {
    if (exit == Exit::done) return "ok";
    return exit == Exit::negative ? "warning" : "critical";
}

Exit show_status(Session& session) {
    const Output& output = session.output;
    const auto overview = session.connection().get(Target("/overview"));
    const Health health = check_health(session);
    if (output.format() == Format::table) {
        const auto name = std::string(name_of(health.exit));
        output.raw(output.coloured(name, name) + '\n' + counts_of(overview) + '\n');
        for (const auto& finding : health.findings) output.line(finding);
    } else {
        ObjectText status;
        std::vector<std::string> findings;
        for (const auto& finding : health.findings) findings.push_back(json_string(finding));
        status.text("status", name_of(health.exit)).raw("findings", array_of(findings));
        status.raw("overview", overview.raw());
        output.record(Document::parse(status.done()), "status", std::nullopt);
    }
    return health.exit;
}

/// For a probe, whatever prevents it from looking is critical.
Exit probe(Session& session) {
    try {
        return show_status(session);
    } catch (const Failure& failure) {
        if (failure.exit() == Exit::usage || failure.exit() == Exit::output) throw;
        throw Failure(Exit::critical, fmt::format("critical: {}", failure.what()));
    } catch (const Error& error) {
        throw Failure(Exit::critical, fmt::format("critical: {}", error.message()));
    }
}

} // namespace

std::vector<Command> status_commands() {
    return {
        {.name = "status",
         .help = "Whether all is well: exits with 0, 1 (warning) or 2 (critical)",
         .parameters = {{.name = "--max-wait",
                         .help = "A job that is due for longer is a warning (default: 5m)"}},
         .run = probe},
        {.name = "problems",
         .help = "What an operator should look at, the worst first",
         .run = list_problems},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
