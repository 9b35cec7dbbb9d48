#include "pages.hpp"
#include "pauses.hpp"
#include "plain_text.hpp"
#include "screen.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view bold = "1", red = "31", yellow = "33";

/// What one frame shows.
struct Look {
    Document overview = {};
    std::vector<Document> problems = {};
    std::vector<Document> jobs = {}; ///< that are being processed
    std::string failure = {};        ///< why there is nothing newer
};

Look look_at(Connection& connection) {
    Target running("/jobs");
    running.parameter("status", "processing").parameter("limit", "50");
    return {.overview = connection.get(Target("/overview")),
            .problems = connection.get(Target("/problems"))["problems"].items(),
            .jobs = connection.get(running)["jobs"].items()};
}

void add_table(std::vector<ScreenLine>& lines, const std::vector<Column>& columns,
               const std::vector<Document>& items, std::optional<Timestamp> now) {
    lines.push_back({});
    bool is_head = true;
    for (auto& line : table_lines(columns, items, now))
        lines.push_back({std::move(line), std::exchange(is_head, false) ? std::string(bold) : ""});
}

void add_problems(std::vector<ScreenLine>& lines, const Look& look, std::size_t most) {
    if (!look.failure.empty()) lines.push_back({plain(look.failure), std::string(red)});
    for (const Document& problem : look.problems) {
        if (most-- == 0) break;
        const bool is_critical = problem["severity"].text() == "critical";
        lines.push_back(
            {plain(problem["sentence"].text()), std::string(is_critical ? red : yellow)});
    }
}

std::vector<ScreenLine> lines_of(const Look& look, std::size_t rows) {
    const auto now = look.overview["now"].time();
    std::vector<ScreenLine> lines = {
        {fmt::format("asyncjobs  {}  q: quit", look.overview["now"].text()), std::string(bold)},
        {"jobs     " + in_one_line(look.overview["jobs"])},
        {"workers  " + in_one_line(look.overview["workers"])}};
    add_problems(lines, look, rows / 4);
    auto queues = look.overview["queues"].items();
    if (queues.size() > rows / 3 + 1) queues.resize(rows / 3 + 1);
    add_table(lines, queue_listing().columns, queues, now);
    add_table(lines,
              {{"PROCESSING", "job_id"},
               {"TYPE", "type"},
               {"STARTED", "started_at", Kind::time},
               {"DONE", "progress", Kind::percent},
               {"WORKER", "worker"},
               {"MESSAGE", "message", Kind::note}},
              look.jobs, now);
    return lines;
}

/// Looks again; a store that is away for a while does not end the program.
void refresh(Connection& connection, Look& look) {
    try {
        look = look_at(connection);
    } catch (const Failure& failure) {
        if (failure.exit() != Exit::unavailable) throw;
        look.failure = failure.what();
    }
}

/// Whether a key asks for the end.
bool is_quitting(const Screen& screen) {
    bool quits = false;
    while (const auto key = screen.key()) quits = quits || *key == 'q' || *key == 'Q';
    return quits;
}

Exit show_top(Session& session) {
    if (!session.output.is_terminal() || ::isatty(STDIN_FILENO) == 0)
        throw Failure(Exit::usage, "top needs a terminal; for scripts: status, queues, problems");
    const auto every = session.arguments.span("--every", 1s);
    Connection& connection = session.connection();
    Look look = look_at(connection);
    Pauses pauses;
    const Screen screen;
    for (;;) {
        screen.draw(lines_of(look, screen.size().rows), session.output.has_colour());
        const auto woken = pauses.wait(every, true);
        if (woken == Pauses::Woken::interrupted || is_quitting(screen)) return Exit::done;
        if (woken != Pauses::Woken::resized) refresh(connection, look);
    }
}

} // namespace

std::vector<Command> top_commands() {
    return {{.name = "top",
             .help = "Queues, problems and running jobs, every second; q ends it",
             .parameters = {{.name = "--every", .help = "Time between two looks (default: 1s)"}},
             .run = show_top}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
