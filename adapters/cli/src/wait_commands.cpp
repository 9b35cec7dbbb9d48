#include "job_search.hpp"
#include "pages.hpp"
#include "pauses.hpp"
#include "progress_bar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// The pause between two looks, and when to give up.
struct Patience {
    explicit Patience(const Session& session)
        : every(session.arguments.span("--every", 1s)),
          timeout(session.arguments.span("--timeout", Duration::max())) {}

    /// Throws Failure if the time is up, or Ctrl-C was pressed.
    void wait(Pauses& pauses) const {
        const auto passed = std::chrono::duration_cast<Duration>(Clock::now() - start);
        if (passed >= timeout) throw Failure(Exit::timed_out, "--timeout has passed");
        if (pauses.wait(std::min(every, timeout - passed)) == Pauses::Woken::interrupted)
            throw Failure(Exit::interrupted, "interrupted");
    }

    Duration every;
    Duration timeout;
    Clock::time_point start = Clock::now();
};

std::vector<Parameter> waiting_options() {
    return {{.name = "--timeout", .help = "Exit with 124 after 30s, 5m, 2h (default: never)"},
            {.name = "--every", .help = "Time between two looks (default: 1s)"}};
}

Document read_job(Session& session, const std::string& id) {
    return session.connection().get(Target("/jobs").segment(id));
}

Exit exit_for_jobs(const std::vector<Document>& jobs) {
    const bool all_completed = std::ranges::all_of(
        jobs, [](const Document& job) { return job["status"].text() == "completed"; });
    return all_completed ? Exit::done : Exit::negative;
}

Exit wait_for_jobs(Session& session) {
    Pauses pauses;
    const Patience patience(session);
    std::vector<Document> finished;
    {
        ProgressBar bar;
        for (const auto& id : session.arguments.all("id")) {
            Document job = read_job(session, id);
            for (; !has_finished(job); job = read_job(session, id)) {
                bar.show(static_cast<int>(job["progress"].number()), job["message"].text());
                patience.wait(pauses);
            }
            finished.push_back(std::move(job));
        }
    }
    const Document none = Document::parse(R"({"jobs":[]})");
    session.output.list(job_listing(), finished, none, session.now_for_table());
    return exit_for_jobs(finished);
}

/// A line of a job's state.
void print_state(const Session& session, const Document& job) {
    if (session.output.format() != Format::table)
        return session.output.list({.array = "jobs", .id = "job_id"}, {job}, job, std::nullopt);
    std::string line = fmt::format("{}  {:10}  {:3} %", job["updated_at"].text(),
                                   job["status"].text(), job["progress"].number());
    for (const char* member : {"message", "error.code", "error.message", "cancel_reason"})
        if (const auto text = job[member].text(); !text.empty()) line += "  " + text;
    session.output.line(line);
}

Exit watch_job(Session& session) {
    if (session.output.format() == Format::csv)
        throw Failure(Exit::usage, "jobs watch has no csv: use jsonl");
    Pauses pauses;
    const Patience patience(session);
    for (std::string last;;) {
        const auto job = read_job(session, session.arguments.required("id"));
        const std::string state(job["revision"].raw());
        if (state != last) print_state(session, job);
        if (has_finished(job)) return exit_for_jobs({job});
        last = state;
        patience.wait(pauses);
    }
}

/// The jobs that were created since the last look, oldest first.
class NewJobs {
public:
    NewJobs(Session& session, Target filter)
        : session_(session), filter_(std::move(filter)), since_(session.now()) {
        for (const Document& job : look(std::chrono::seconds{0}))
            seen_.insert(job["job_id"].text());
    }

    std::vector<Document> next() {
        auto jobs = look(overlap);
        std::erase_if(jobs, [&](const Document& job) {
            return job["created_at"].time() < since_ || !seen_.insert(job["job_id"].text()).second;
        });
        std::ranges::reverse(jobs);
        return jobs;
    }

private:
    /// Ids are made by the clocks of submitters, which may differ from the store's.
    static constexpr Duration overlap = std::chrono::minutes{1};

    std::vector<Document> look(Duration before) {
        Target target = filter_;
        target.parameter("created_since", to_rfc3339(since_ - before));
        return read_pages(session_.connection(), target,
                          {.array = "jobs", .next = "next_cursor", .from = "cursor"}, 10'000, 200)
            .items;
    }

    Session& session_;
    const Target filter_;
    const Timestamp since_;
    std::set<std::string> seen_;
};

Exit tail_jobs(Session& session) {
    const auto most = session.arguments.number("--count", std::numeric_limits<std::uint64_t>::max(),
                                               1, std::numeric_limits<std::uint64_t>::max());
    Pauses pauses;
    const Patience patience(session);
    NewJobs jobs(session, search_target(session));
    session.output.note("waiting for new jobs; Ctrl-C ends this");
    for (std::uint64_t printed = 0;;) {
        for (const Document& job : jobs.next()) {
            if (session.output.format() == Format::table)
                session.output.line(fmt::format("{}  {}  {}  {}  {}", job["created_at"].text(),
                                                job["job_id"].text(), job["type"].text(),
                                                job["queue"].text(), job["status"].text()));
            else
                print_state(session, job);
            if (++printed == most) return Exit::done;
        }
        patience.wait(pauses);
    }
}

Command with_options(Command command, const std::vector<Parameter>& options) {
    command.parameters.insert(command.parameters.end(), options.begin(), options.end());
    return command;
}

} // namespace

std::vector<Command> wait_commands() {
    const Parameter ids{
        .name = "id", .help = "Ids of jobs", .takes = Parameter::Takes::values, .required = true};
    Command tail{.name = "jobs tail",
                 .help = "Print jobs as they are submitted, until Ctrl-C",
                 .parameters = {{.name = "--count", .help = "End after so many"}},
                 .run = tail_jobs};
    return {
        with_options({.name = "jobs wait",
                      .help = "Wait until jobs finish: 0 if all completed, otherwise 1",
                      .parameters = {ids},
                      .run = wait_for_jobs},
                     waiting_options()),
        with_options({.name = "jobs watch",
                      .help = "Print each change of a job until it finishes",
                      .parameters = {{.name = "id", .help = "Id of the job", .required = true}},
                      .run = watch_job},
                     waiting_options()),
        with_options(with_options(std::move(tail), search_options()), waiting_options()),
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
