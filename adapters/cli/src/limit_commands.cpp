#include "session.hpp"
#include "times.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Exit list_limits(Session& session) {
    const Listing listing{.array = "limits",
                          .id = "name",
                          .columns = {{"LIMIT", "name"},
                                      {"QUEUE", "queue"},
                                      {"TYPE", "type"},
                                      {"SCOPE", "scope"},
                                      {"CONCURRENCY", "concurrency", Kind::number},
                                      {"RATE", "rate", Kind::number},
                                      {"PERIOD", "period", Kind::span},
                                      {"BURST", "burst", Kind::number},
                                      {"ROUND ROBIN", "round_robin"}}};
    session.output.list(listing, session.connection().get(Target("/limits")), std::nullopt);
    return Exit::done;
}

Exit put_limit(Session& session, const ObjectText& limit) {
    ObjectText body;
    body.raw("limit", limit.done()).text_if("reason", session.reason());
    const auto reply = session.connection().put(Target("/limits"), body);
    session.output.sentence(reply, reply["outcome"].text());
    return Exit::done;
}

Exit set_limit(Session& session) {
    const Arguments& given = session.arguments;
    constexpr std::uint64_t most = 1'000'000'000;
    ObjectText limit;
    limit.text("name", given.required("name"))
        .text_if("queue", given.one("--queue"))
        .text_if("type", given.one("--type"))
        .text_if("scope", given.one("--scope"));
    for (const std::string name : {"concurrency", "rate", "burst"})
        if (given.has("--" + name))
            limit.raw(name, std::to_string(given.number("--" + name, 0, 1, most)));
    if (given.has("--period"))
        limit.raw("period", seconds_text(given.span("--period", std::chrono::seconds{1})));
    if (given.has("--round-robin")) limit.raw("round_robin", "true");
    if (!given.has("--concurrency") && !given.has("--rate") && !given.has("--round-robin"))
        throw Failure(Exit::usage, "a limit needs --concurrency, --rate or --round-robin");
    return put_limit(session, limit);
}

Exit remove_limit(Session& session) {
    const auto name = session.arguments.required("name");
    const auto limits = session.connection().get(Target("/limits"))["limits"].items();
    const bool exists = std::ranges::any_of(
        limits, [&](const Document& limit) { return limit["name"].text() == name; });
    if (!exists) throw Failure(Exit::not_found, fmt::format("no limit has the name \"{}\"", name));
    return put_limit(session, ObjectText().text("name", name));
}

} // namespace

std::vector<Command> limit_commands() {
    const Parameter name{.name = "name", .help = "Name of the limit", .required = true};
    return {
        {.name = "limits list",
         .help = "Limits of rate and concurrency",
         .run = list_limits,
         .is_default = true},
        {.name = "limits set",
         .help = "Set a limit",
         .parameters = {name,
                        {.name = "--queue", .help = "Of the jobs of a queue"},
                        {.name = "--type", .help = "Of the jobs of a type"},
                        {.name = "--scope",
                         .help = "Counted for the limit as a whole, or for each owner or key",
                         .choices = {"limit", "owner", "key"}},
                        {.name = "--concurrency", .help = "Jobs at once"},
                        {.name = "--rate", .help = "Starts in a period"},
                        {.name = "--period", .help = "1s, 5m, 2h (default: 1s)"},
                        {.name = "--burst", .help = "Starts at once, if there was a pause"},
                        {.name = "--round-robin",
                         .help = "Owners of the queue take turns",
                         .takes = Parameter::Takes::flag},
                        reason_option()},
         .run = set_limit},
        {.name = "limits remove",
         .help = "Remove a limit",
         .parameters = {name, reason_option()},
         .run = remove_limit},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
