#include "parameters.hpp"

#include "cursor.hpp"

#include <asyncjobs/http/parameters.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

namespace {

/// The position of the parameter `cursor`, by `parse`.
template <typename Position>
std::optional<Position> read_cursor(const http::Call& call,
                                    std::optional<Position> (*parse)(std::string_view)) {
    const auto* text = call.query.single("cursor");
    if (!text) return std::nullopt;
    auto position = parse(*text);
    if (!position)
        throw http::Problem(400, "invalid_cursor", "the cursor does not belong to this listing");
    return position;
}

std::optional<JobId> read_related(const http::Call& call, std::string_view name) {
    const auto* text = call.query.single(name);
    if (!text) return std::nullopt;
    const auto id = JobId::parse(*text);
    if (!id) throw http::invalid_parameter(name, "must be the id of a job");
    return id;
}

/// `status` may be repeated.
std::vector<JobStatus> read_statuses(const http::Call& call) {
    std::vector<JobStatus> statuses;
    for (const auto& [name, value] : call.query) {
        if (name != "status") continue;
        const auto status = parse_job_status(value);
        if (!status)
            throw http::invalid_parameter(
                "status", "must be pending, processing, completed, failed or cancelled");
        if (std::ranges::find(statuses, *status) == statuses.end()) statuses.push_back(*status);
    }
    return statuses;
}

} // namespace

std::optional<std::string> read_text(const http::Call& call, std::string_view name) {
    const auto* text = call.query.single(name);
    return text ? std::optional(*text) : std::nullopt;
}

std::optional<Timestamp> read_time(const http::Call& call, std::string_view name) {
    const auto* text = call.query.single(name);
    if (!text) return std::nullopt;
    const auto time = parse_rfc3339(*text);
    if (!time) throw http::invalid_parameter(name, "must be a time as 2026-01-31T12:00:00Z");
    return time;
}

JobId read_job_id(const http::Call& call) {
    const auto id = JobId::parse(*call.path.find("id"));
    if (!id) throw http::Problem(404, "not_found", "no such job");
    return *id;
}

JobSearch read_search(const http::Call& call) {
    JobSearch search{.statuses = read_statuses(call),
                     .queue = read_text(call, "queue"),
                     .owner = read_text(call, "owner"),
                     .worker = read_text(call, "worker"),
                     .error_code = read_text(call, "error_code"),
                     .key = read_text(call, "key"),
                     .parents_of = read_related(call, "parents_of"),
                     .children_of = read_related(call, "children_of"),
                     .created_since = read_time(call, "created_since"),
                     .created_until = read_time(call, "created_until"),
                     .after = read_cursor(call, parse_position),
                     .limit = http::read_limit(call.query, 50, 200)};
    if (auto type = read_text(call, "type")) search.type = *std::move(type);
    if (const auto* library = call.query.single("library_jobs")) {
        if (*library != "true" && *library != "false")
            throw http::invalid_parameter("library_jobs", "must be true or false");
        search.library_jobs = *library == "true";
    }
    return search;
}

std::vector<Parameter> search_parameters() {
    return {{"status", "pending, processing, completed, failed or cancelled; may be repeated"},
            {"queue", "Name of the queue"},
            {"type", "Type of the jobs"},
            {"owner", "Owner of the jobs"},
            {"worker", "Worker that has, or last had, the lease"},
            {"error_code", "Code of the last error"},
            {"key", "Idempotency key, or unique key of a live job"},
            {"parents_of", "The jobs that this one waits for"},
            {"children_of", "The jobs that wait for this one"},
            {"created_since", "First time of creation, RFC 3339"},
            {"created_until", "Time of creation before this, RFC 3339"},
            {"library_jobs", "true: also the jobs of the library itself"},
            {"cursor", "next_cursor of the last page"},
            {"limit", "Jobs, at most"}};
}

HistoryQuery read_history_query(const http::Call& call, Timestamp now) {
    HistoryQuery query{.queue = read_text(call, "queue"),
                       .type = read_text(call, "type"),
                       .after = read_cursor(call, parse_tally_key),
                       .limit = http::read_limit(call.query, 1'000, HistoryQuery::max_limit)};
    if (const auto* text = call.query.single("period")) {
        const auto period = parse_tally_period(*text);
        if (!period) throw http::invalid_parameter("period", "must be minute, hour or day");
        query.period = *period;
    }
    constexpr int usual_periods = 60;
    query.until = read_time(call, "until").value_or(now + length_of(query.period));
    query.since = read_time(call, "since")
                      .value_or(start_of(query.period,
                                         query.until - usual_periods * length_of(query.period)));
    return query;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
