#include "pages.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Target history_target(Session& session) {
    const Arguments& given = session.arguments;
    Target target("/history");
    target.parameter_if("period", given.one("--period"))
        .parameter_if("queue", given.one("--queue"))
        .parameter_if("type", given.one("--type"))
        .parameter_if("since", session.past("--since"))
        .parameter_if("until", session.past("--until"));
    return target;
}

Pages read_history(Connection& connection, const Target& target, std::size_t most) {
    return read_pages(connection, target,
                      {.array = "tallies", .next = "next_cursor", .from = "cursor"}, most, 1'000);
}

/// The mean of a tally's times, in seconds, as JSON.
std::string mean(const Document& tally, std::string_view times) {
    const double count = tally["count"].number();
    const double sum = tally[std::string(times) + ".sum"].number();
    return count > 0 ? fmt::format("{:.6f}", sum / count) : "null";
}

/// A tally with the means that a table shows instead of histograms.
Document with_means(const Document& tally) {
    ObjectText object;
    for (const auto& [name, value] : tally.members())
        if (name != "waited" && name != "ran") object.raw(name, value.raw());
    object.raw("mean_wait", mean(tally, "waited")).raw("mean_run", mean(tally, "ran"));
    return Document::parse(object.done());
}

Exit show_history(Session& session) {
    const auto most = session.arguments.number("--limit", 1'000, 1, 1'000'000);
    auto pages = read_history(session.connection(), history_target(session), most);
    const Listing listing{.array = "tallies",
                          .id = "start",
                          .columns = {{"START", "start"},
                                      {"QUEUE", "queue"},
                                      {"TYPE", "type"},
                                      {"OUTCOME", "outcome"},
                                      {"ERROR", "error_code"},
                                      {"COUNT", "count", Kind::number},
                                      {"WAITED", "mean_wait", Kind::span},
                                      {"RAN", "mean_run", Kind::span}}};
    const Format format = session.output.format();
    if (format == Format::table || format == Format::csv)
        for (Document& tally : pages.items) tally = with_means(tally);
    session.output.list(listing, pages.items, pages.last, std::nullopt);
    if (!pages.next.empty()) session.output.note("there is more: --limit, --since or --until");
    return Exit::done;
}

Exit show_audit(Session& session) {
    const auto most = session.arguments.number("--limit", 50, 1, 1'000'000);
    const auto pages =
        read_pages(session.connection(), Target("/audit"),
                   {.array = "entries", .next = "next_before", .from = "before"}, most, 200);
    const Listing listing{.array = "entries",
                          .id = "target",
                          .columns = {{"AT", "at", Kind::time},
                                      {"WHO", "who"},
                                      {"FROM", "from"},
                                      {"ACTION", "action"},
                                      {"TARGET", "target", Kind::note},
                                      {"OUTCOME", "outcome", Kind::note},
                                      {"REASON", "reason", Kind::note}}};
    session.output.list(listing, pages.items, pages.last, session.now_for_table());
    return Exit::done;
}

/// What is known of a type.
struct TypeSummary {
    std::uint64_t workers = 0; ///< living, with a handler
    std::map<std::string, double> ended = {};
    double ran = 0; ///< seconds
};

std::map<std::string, TypeSummary> summaries_of_types(Session& session) {
    std::map<std::string, TypeSummary> types;
    for (const Document& worker : read_workers(session.connection())) {
        const auto state = worker["state"].text();
        if (state != "running" && state != "quiet") continue;
        for (const Document& type : worker["types"].items()) ++types[type.text()].workers;
    }
    Target target("/history");
    const auto since = session.now() - std::chrono::hours{24};
    target.parameter("period", "hour").parameter("since", to_rfc3339(since));
    const auto history =
        read_history(session.connection(), target, std::numeric_limits<std::size_t>::max());
    for (const Document& tally : history.items) {
        TypeSummary& type = types[tally["type"].text()];
        type.ended[tally["outcome"].text()] += tally["count"].number();
        type.ran += tally["ran.sum"].number();
    }
    return types;
}

std::string document_of(const std::string& name, TypeSummary& type) {
    double attempts = 0;
    for (const auto& [outcome, count] : type.ended) attempts += count;
    return ObjectText()
        .text("type", name)
        .raw("workers", std::to_string(type.workers))
        .raw("attempts", fmt::format("{:.0f}", attempts))
        .raw("completed", fmt::format("{:.0f}", type.ended["completed"]))
        .raw("failed", fmt::format("{:.0f}", type.ended["failed"]))
        .raw("mean_run", attempts > 0 ? fmt::format("{:.6f}", type.ran / attempts) : "null")
        .done();
}

Exit list_types(Session& session) {
    std::vector<std::string> documents;
    for (auto& [name, type] : summaries_of_types(session))
        documents.push_back(document_of(name, type));
    const Listing listing{.array = "types",
                          .id = "type",
                          .columns = {{"TYPE", "type"},
                                      {"WORKERS", "workers", Kind::number},
                                      {"ATTEMPTS", "attempts", Kind::number},
                                      {"COMPLETED", "completed", Kind::number},
                                      {"FAILED", "failed", Kind::number},
                                      {"RAN", "mean_run", Kind::span}}};
    session.output.list(listing, document_with("types", documents), std::nullopt);
    return Exit::done;
}

} // namespace

std::vector<Command> history_commands() {
    return {
        {.name = "history",
         .help = "How many attempts ended, how, and how long they waited and ran",
         .parameters = {{.name = "--period",
                         .help = "Counted by (default: minute)",
                         .choices = {"minute", "hour", "day"}},
                        {.name = "--since", .help = "Since a time, or 30m, 2h, 7d ago"},
                        {.name = "--until", .help = "Before that"},
                        {.name = "--queue", .help = "Of a queue"},
                        {.name = "--type", .help = "Of a type"},
                        {.name = "--limit", .help = "Rows, at most (default: 1000)"}},
         .run = show_history},
        {.name = "audit",
         .help = "What operators did, newest first",
         .parameters = {limit_option()},
         .run = show_audit},
        {.name = "types",
         .help = "Types of jobs: workers with a handler, and the last 24 hours",
         .run = list_types},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
