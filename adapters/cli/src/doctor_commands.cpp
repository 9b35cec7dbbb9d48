#include "pages.hpp"
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
    Document document() const { return document_with("checks", checks_); }

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

/// What the store itself finds: late queues, dead workers, missing handlers.
void add_problems(Session& session, Report& report) {
    const auto problems = session.connection().get(Target("/problems"))["problems"].items();
    for (const Document& problem : problems) {
        const bool is_critical = problem["severity"].text() == "critical";
        report.add(problem["kind"].text(), is_critical ? Exit::critical : Exit::negative,
                   problem["sentence"].text());
    }
    if (problems.empty()) report.add("problems", Exit::done, "no queue or worker has one");
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
        check_clock(session, report);
        check_leases(session, report);
        add_problems(session, report);
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
             .help = "Check tables, clocks, leases, and what the store finds",
             .run = examine}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
