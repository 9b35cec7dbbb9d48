#include "bulk_runner.hpp"
#include "health.hpp"
#include "pauses.hpp"
#include "served_routes.hpp"

#include <fmt/format.h>

#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Exit serve_routes(Session& session) {
    const Arguments& given = session.arguments;
    const ServedOptions options{
        .address = given.one("--address").value_or("127.0.0.1"),
        .port = static_cast<std::uint16_t>(given.number("--port", 0, 0, 65'535)),
        .read_only = given.has("--read-only")};
    if (!is_loopback(options.address) && !session.options().allow_http)
        throw Failure(Exit::usage,
                      fmt::format("--address \"{}\" is of other machines, too, and needs "
                                  "--allow-http: the token is sent without encryption",
                                  options.address));
    Pauses pauses;
    std::optional<BulkRunner> runner;
    if (!options.read_only && !runs_bulk_actions(read_workers(session.connection())))
        runner.emplace(session.local());
    const ServedRoutes routes(session.local(), options);
    const ObjectText served = ObjectText().text("url", routes.url()).text("token", routes.token());
    session.output.record(Document::parse(served.done()), "url", std::nullopt);
    session.output.note("serving until Ctrl-C; the token is valid until then");
    while (pauses.wait(std::chrono::hours{1}) != Pauses::Woken::interrupted) {
    }
    return Exit::done;
}

} // namespace

std::vector<Command> serve_commands() {
    return {{.name = "serve",
             .help = "Serve the operators' routes of a store, with a token that it prints",
             .parameters = {{.name = "--port", .help = "Port (default: a free one)"},
                            {.name = "--address", .help = "Address (default: 127.0.0.1)"},
                            {.name = "--read-only",
                             .help = "The token may see, and change nothing",
                             .takes = Parameter::Takes::flag}},
             .run = serve_routes}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
