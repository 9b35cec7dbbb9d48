#include "job_search.hpp"
#include "pages.hpp"
#include "times.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <iostream>
#include <iterator>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

std::vector<Parameter> search_options() {
    using Takes = Parameter::Takes;
    return {{.name = "--status",
             .help = "Jobs with one of these statuses",
             .takes = Takes::values,
             .choices = {"pending", "processing", "completed", "failed", "cancelled"}},
            {.name = "--queue", .help = "Jobs of a queue"},
            {.name = "--type", .help = "Jobs of a type"},
            {.name = "--owner", .help = "Jobs of an owner"},
            {.name = "--worker", .help = "Jobs that a worker has, or had last"},
            {.name = "--error-code", .help = "Jobs whose last error has this code"},
            {.name = "--since", .help = "Created since a time, or 30m, 2h, 7d ago"},
            {.name = "--until", .help = "Created before that"}};
}

Target search_target(Session& session) {
    Target target("/jobs");
    const Arguments& given = session.arguments;
    for (const auto& status : given.all("--status")) target.parameter("status", status);
    target.parameter_if("queue", given.one("--queue"))
        .parameter_if("type", given.one("--type"))
        .parameter_if("owner", given.one("--owner"))
        .parameter_if("worker", given.one("--worker"))
        .parameter_if("error_code", given.one("--error-code"))
        .parameter_if("created_since", session.past("--since"))
        .parameter_if("created_until", session.past("--until"));
    return target;
}

Listing job_listing() {
    return {.array = "jobs",
            .id = "job_id",
            .columns = {{"JOB", "job_id"},
                        {"TYPE", "type"},
                        {"QUEUE", "queue"},
                        {"STATUS", "status", Kind::status},
                        {"PROGRESS", "progress", Kind::percent},
                        {"ATTEMPT", "attempt", Kind::number},
                        {"CREATED", "created_at", Kind::time},
                        {"ERROR", "error.code"},
                        {"MESSAGE", "message", Kind::note}}};
}

namespace {

constexpr std::size_t pages_without_match = 5; // of 20,000 jobs each

/// What is asked of the listing, besides the filter.
Target list_target(Session& session) {
    Target target = search_target(session);
    target.parameter_if("key", session.arguments.one("--key"));
    if (session.arguments.has("--library-jobs")) target.parameter("library_jobs", "true");
    return target;
}

Exit list_jobs(Session& session) {
    const bool all = session.arguments.has("--all");
    const auto most = all ? std::numeric_limits<std::size_t>::max()
                          : session.arguments.number("--limit", 50, 1, 1'000'000);
    Paged paged{.array = "jobs", .next = "next_cursor", .from = "cursor"};
    if (!all) paged.most_pages = most / 200 + pages_without_match;
    const auto pages = read_pages(session.connection(), list_target(session), paged, most, 200,
                                  session.arguments.one("--cursor").value_or(""));
    session.output.list(job_listing(), pages.items, pages.last, session.now_for_table());
    if (!pages.next.empty())
        session.output.note(fmt::format("there may be more, from {} on: --cursor {}",
                                        pages.last["looked_until"].text(), pages.next));
    return Exit::done;
}

Target job_target(const std::string& id) { return Target("/jobs").segment(id); }

Exit show_job(Session& session) {
    const auto job = session.connection().get(job_target(session.arguments.required("id")));
    session.output.record(job, "job_id", session.now_for_table());
    return Exit::done;
}

Exit explain_job(Session& session) {
    const auto why =
        session.connection().get(job_target(session.arguments.required("id")).segment("why"));
    session.output.sentence(why, why["sentence"].text());
    return Exit::done;
}

Exit show_payload(Session& session) {
    Target target = job_target(session.arguments.required("id"));
    target.segment("payload").segment(session.arguments.one("part").value_or("input"));
    const auto reply = session.connection().send("GET", target, {});
    if (reply.status != 200) throw failure_of(reply);
    session.output.json(reply.body);
    return Exit::done;
}

Exit show_graph(Session& session) {
    const auto graph =
        session.connection().get(job_target(session.arguments.required("id")).segment("graph"));
    if (session.output.format() == Format::json) {
        session.output.json(graph.raw());
        return Exit::done;
    }
    std::vector<std::string> rows;
    for (const auto& [array, relation] :
         {std::pair{"parents", "parent"}, std::pair{"children", "child"}})
        for (const Document& job : graph[array].items())
            rows.push_back(ObjectText().text("relation", relation).raw("job", job.raw()).done());
    Listing listing{.array = "jobs",
                    .id = "job.job_id",
                    .columns = {{"RELATION", "relation"},
                                {"JOB", "job.job_id"},
                                {"TYPE", "job.type"},
                                {"QUEUE", "job.queue"},
                                {"STATUS", "job.status", Kind::status},
                                {"CREATED", "job.created_at", Kind::time},
                                {"ERROR", "job.error.code"}}};
    session.output.list(listing, document_with("jobs", rows), session.now_for_table());
    if (graph["more"].is_true()) session.output.note("there are more of them");
    return Exit::done;
}

/// The ids of the arguments; `-` stands for the lines of standard input.
std::vector<std::string> read_ids(const Session& session) {
    std::vector<std::string> ids;
    for (const auto& id : session.arguments.all("id")) {
        if (id != "-") {
            ids.push_back(id);
            continue;
        }
        for (std::string line; std::getline(std::cin, line);)
            if (!line.empty()) ids.push_back(line);
    }
    return ids;
}

/// Acts on each job. With one, its failure is that of the command.
Exit act_on_jobs(Session& session, Document (*act)(Session&, const std::string&)) {
    const auto ids = read_ids(session);
    std::vector<std::string> outcomes;
    std::optional<Failure> failed;
    for (const auto& id : ids) try {
            const auto outcome = act(session, id)["outcome"].text();
            outcomes.push_back(ObjectText().text("job_id", id).text("outcome", outcome).done());
        } catch (const Failure& failure) {
            if (ids.size() == 1 || failure.exit() == Exit::unavailable) throw;
            session.output.note(fmt::format("{}: {}", id, failure.what()));
            failed = failure;
        }
    const Listing listing{
        .array = "jobs", .id = "job_id", .columns = {{"JOB", "job_id"}, {"OUTCOME", "outcome"}}};
    session.output.list(listing, document_with("jobs", outcomes), std::nullopt);
    if (!failed) return Exit::done;
    return outcomes.empty() ? failed->exit() : Exit::partly;
}

Exit cancel_jobs(Session& session) {
    return act_on_jobs(session, [](Session& within, const std::string& id) {
        ObjectText body;
        body.text_if("reason", within.reason());
        if (within.arguments.has("--force")) body.raw("force", "true");
        return within.connection().post(job_target(id).segment("cancel"), body);
    });
}

Exit retry_jobs(Session& session) {
    return act_on_jobs(session, [](Session& within, const std::string& id) {
        return within.connection().post(job_target(id).segment("retry"),
                                        ObjectText().text_if("reason", within.reason()));
    });
}

Exit run_jobs_now(Session& session) {
    return act_on_jobs(session, [](Session& within, const std::string& id) {
        return within.connection().post(job_target(id).segment("run-now"),
                                        ObjectText().text_if("reason", within.reason()));
    });
}

Exit remove_jobs(Session& session) {
    return act_on_jobs(session, [](Session& within, const std::string& id) {
        return within.connection().remove(job_target(id),
                                          ObjectText().text_if("reason", within.reason()));
    });
}

/// The JSON of an argument; `-` is standard input.
std::string read_input(const Session& session) {
    const auto input = session.arguments.one("input").value_or("{}");
    return input == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : input;
}

Exit submit_job(Session& session) {
    const Arguments& given = session.arguments;
    const auto type = given.required("type");
    const auto input = read_input(session);
    try {
        Document::parse(input);
    } catch (const Error& error) {
        throw Failure(Exit::usage, fmt::format("the input is no JSON: {}", error.message()));
    }
    ObjectText body;
    body.text("type", type).raw("input", input).text_if("queue", given.one("--queue"));
    body.text_if("run_at", given.one("--run-at")).text_if("reason", session.reason());
    if (given.has("--delay"))
        body.raw("delay", seconds_text(given.span("--delay", Duration::zero())));
    if (given.has("--priority"))
        body.raw("priority", std::to_string(given.number("--priority", 0, 0, 100)));
    const auto reply = session.connection_to_submit(type).post(Target("/jobs"), body);
    if (session.output.format() == Format::table)
        session.output.line(reply["job_id"].text());
    else
        session.output.record(reply, "job_id", std::nullopt);
    return Exit::done;
}

Command submit_command() {
    return {.name = "jobs submit",
            .help = "Submit a job; prints its id",
            .parameters = {{.name = "type", .help = "Type of the job", .required = true},
                           {.name = "input", .help = "JSON; - reads it from standard input"},
                           {.name = "--queue", .help = "Queue of the job"},
                           {.name = "--delay", .help = "Due in 30s, 5m, 2h, 7d"},
                           {.name = "--run-at", .help = "Due at a time, RFC 3339"},
                           {.name = "--priority", .help = "0-100"},
                           reason_option()},
            .run = submit_job};
}

Command list_command() {
    Command command{.name = "jobs list",
                    .help = "Jobs that match, newest first",
                    .parameters = search_options(),
                    .run = list_jobs,
                    .is_default = true};
    for (const Parameter& more : std::vector<Parameter>{
             {.name = "--key", .help = "Idempotency key, or unique key of a live job"},
             {.name = "--library-jobs",
             .help = "Also jobs of the library itself, such as bulk actions",
             .takes = Parameter::Takes::flag},
             {.name = "--cursor", .help = "Continue where an earlier list ended"},
             {.name = "--all", .help = "No limit", .takes = Parameter::Takes::flag},
             limit_option()})
        command.parameters.push_back(more);
    return command;
}

std::vector<Command> reading_job_commands() {
    const Parameter id{.name = "id", .help = "Id of the job", .required = true};
    const Parameter part{.name = "part",
                         .help = "Which one (default: input)",
                         .choices = {"input", "metadata", "result", "error_details", "steps"}};
    return {
        list_command(),
        {.name = "jobs show",
         .help = "A job without its payloads",
         .parameters = {id},
         .run = show_job},
        {.name = "jobs why",
         .help = "What a job waits for",
         .parameters = {id},
         .run = explain_job},
        {.name = "jobs graph",
         .help = "Parents and children of a job",
         .parameters = {id},
         .run = show_graph},
        {.name = "jobs payload",
         .help = "A payload of a job, as it is stored",
         .parameters = {id, part},
         .run = show_payload},
    };
}

std::vector<Command> changing_job_commands() {
    using Takes = Parameter::Takes;
    const Parameter ids{.name = "id",
                        .help = "Ids of jobs; - reads them from standard input",
                        .takes = Takes::values,
                        .required = true};
    const Parameter force{
        .name = "--force", .help = "Do not wait until the handler stops", .takes = Takes::flag};
    return {
        submit_command(),
        {.name = "jobs cancel",
         .help = "Cancel jobs",
         .parameters = {ids, force, reason_option()},
         .run = cancel_jobs},
        {.name = "jobs retry",
         .help = "Retry failed or cancelled jobs",
         .parameters = {ids, reason_option()},
         .run = retry_jobs},
        {.name = "jobs run-now",
         .help = "Make jobs due that wait for their time",
         .parameters = {ids, reason_option()},
         .run = run_jobs_now},
        {.name = "jobs remove",
         .help = "Remove finished jobs",
         .parameters = {ids, reason_option()},
         .run = remove_jobs},
    };
}

} // namespace

std::vector<Command> job_commands() {
    auto commands = reading_job_commands();
    for (Command& command : changing_job_commands()) commands.push_back(std::move(command));
    return commands;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
