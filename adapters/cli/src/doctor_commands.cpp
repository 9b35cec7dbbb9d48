#include "health.hpp"
#include "times.hpp"

#include <asyncjobs/error.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

using namespace std::chrono_literals;

/// The results of the checks.
class Report {
public:
    void add(std::string_view check, Exit how_bad, std::string_view detail) {
        const std::string_view status = how_bad == Exit::done       ? "ok"
                                        : how_bad == Exit::negative ? "warning"
                                                                    : "critical";
        worst_ = std::max(worst_, how_bad);
        checks_.push_back(
            ObjectText().text("check", check).text("status", status).text("detail", detail).done());
    }
    /// A warning for each finding, or that all is well.
    void add_all(std::string_view check, const std::vector<std::string>& findings,
                 std::string_view well) {
        for (const auto& finding : findings) add(check, Exit::negative, finding);
        if (findings.empty()) add(check, Exit::done, well);
    }

    Exit worst() const noexcept { return worst_; }
    Document document() const {
        return Document::parse(ObjectText().raw("checks", array_of(checks_)).done());
    }

private:
    Exit worst_ = Exit::done;
    std::vector<std::string> checks_;
};

/// Whether the store can be used.
bool check_store(Session& session, Report& report) {
    try {
        const auto me = session.connection().get(Target("/me"));
        report.add("schema", Exit::done, "the tables are those of this version");
        report.add("version", Exit::done, "library " + me["version"].text());
        return true;
    } catch (const Error& error) {
        report.add(error.code() == Errc::schema_mismatch ? "schema" : "store", Exit::critical,
                   error.message());
    } catch (const Failure& failure) {
        if (failure.exit() == Exit::usage) throw;
        report.add("store", Exit::critical, failure.what());
    }
    return false;
}

void check_clock(Session& session, Report& report) {
    const auto store = session.now();
    const auto here = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const auto offset = std::chrono::abs(here - store);
    constexpr Duration most = 5s;
    report.add("clock", offset > most ? Exit::negative : Exit::done,
               fmt::format("the store's clock and this machine's differ by {}", in_words(offset)));
}

std::vector<Document> processing_jobs(Session& session, const Target& target) {
    return read_pages(session.connection(), target,
                      {.array = "jobs", .next = "next_cursor", .from = "cursor", .most_pages = 5},
                      1'000, 200)
        .items;
}

void check_dead_workers(Session& session, const std::vector<Document>& workers, Report& report) {
    std::vector<std::string> findings;
    for (const Document& worker : workers) {
        if (worker["state"].text() != "dead") continue;
        const auto name = worker["worker"].text();
        Target target("/jobs");
        target.parameter("worker", name).parameter("status", "processing");
        const auto jobs = processing_jobs(session, target);
        if (!jobs.empty())
            findings.push_back(
                fmt::format("worker {} is dead and has leases of {} jobs", name, jobs.size()));
    }
    report.add_all("workers", findings, "no dead worker has jobs");
}

void check_leases(Session& session, Report& report) {
    const auto now = session.now();
    Target target("/jobs");
    target.parameter("status", "processing");
    std::vector<std::string> findings;
    for (const Document& job : processing_jobs(session, target)) {
        const auto expires = job["lease_expires_at"].time();
        if (expires && now - *expires > 1min)
            findings.push_back(
                fmt::format("the lease of job {} expired {}, and no worker rescues it",
                            job["job_id"].text(), relative(*expires, now)));
    }
    report.add_all("leases", findings, "no lease is stale");
}

void check_queues(const std::vector<Document>& queues, const std::vector<Document>& workers,
                  Report& report) {
    const auto served = served_by(workers, "queues");
    std::vector<std::string> findings;
    for (const Document& queue : queues) {
        const auto name = queue["queue"].text();
        if (!has_due_jobs(queue)) continue;
        if (is_paused(queue))
            findings.push_back(fmt::format("queue {} is paused and has due jobs", name));
        else if (!served.contains(name))
            findings.push_back(fmt::format("queue {} has due jobs and no running worker", name));
    }
    report.add_all("queues", findings, "each queue with due jobs has a running worker");
}

/// Looks at some pending jobs of each queue with due ones.
void check_types(Session& session, const std::vector<Document>& queues,
                 const std::vector<Document>& workers, Report& report) {
    const auto handled = served_by(workers, "types");
    std::set<std::string> missing;
    for (const Document& queue : queues) {
        if (!has_due_jobs(queue)) continue;
        Target target("/jobs");
        target.parameter("status", "pending").parameter("queue", queue["queue"].text());
        target.parameter("limit", "200");
        for (const Document& job : session.connection().get(target)["jobs"].items())
            if (!handled.contains(job["type"].text())) missing.insert(job["type"].text());
    }
    std::vector<std::string> findings;
    for (const auto& type : missing)
        findings.push_back(fmt::format("no running worker has a handler for the type {}", type));
    report.add_all("types", findings, "running workers handle the types of waiting jobs");
}

/// A log that grows means that a reader, such as a backup, prevents a checkpoint.
void check_log_of_sqlite(const std::string& url, Report& report) {
    constexpr std::string_view scheme = "sqlite:";
    if (!url.starts_with(scheme)) return;
    const auto file = url.substr(scheme.size(), url.find('?') - scheme.size());
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file + "-wal", error);
    constexpr std::uintmax_t mebibyte = 1024 * 1024, most = 64 * mebibyte;
    const auto size = error ? 0 : bytes;
    report.add("write-ahead log", size > most ? Exit::negative : Exit::done,
               fmt::format("{} MiB", size / mebibyte));
}

Exit examine(Session& session) {
    Report report;
    if (check_store(session, report)) {
        const auto workers = read_workers(session.connection());
        const auto queues = read_queues(session.connection());
        check_clock(session, report);
        check_dead_workers(session, workers, report);
        check_leases(session, report);
        check_queues(queues, workers, report);
        check_types(session, queues, workers, report);
        check_log_of_sqlite(session.options().store, report);
    }
    const Listing listing{
        .array = "checks",
        .id = "check",
        .columns = {{"CHECK", "check"}, {"STATUS", "status", Kind::status}, {"DETAIL", "detail"}}};
    session.output.list(listing, report.document(), std::nullopt);
    return report.worst();
}

} // namespace

std::vector<Command> doctor_commands() {
    return {{.name = "doctor",
             .help = "Check tables, clocks, workers, leases, queues and types",
             .run = examine}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
