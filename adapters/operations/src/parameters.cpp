#include "parameters.hpp"

#include <asyncjobs/detail/base64url.hpp>
#include <asyncjobs/json.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// What a cursor of jobs holds.
struct SearchCursor {
    std::string id = {};
    std::string queue = {};
    Timestamp at = {};
};
BOOST_DESCRIBE_STRUCT(SearchCursor, (), (id, queue, at))

/// What a cursor of tallies holds.
struct TallyCursor {
    Timestamp start = {};
    std::string queue = {};
    std::string type = {};
    std::string outcome = {};
    std::string error_code = {};
};
BOOST_DESCRIBE_STRUCT(TallyCursor, (), (start, queue, type, outcome, error_code))

namespace {

template <typename Cursor>
std::string encode(const Cursor& cursor) {
    return asyncjobs::detail::encode_base64url(json::serialize(cursor).text());
}

http::Problem invalid_cursor() {
    return {400, "invalid_cursor", "the cursor does not belong to this listing"};
}

template <typename Cursor>
std::optional<Cursor> read_cursor(const http::Call& call) {
    const auto* text = call.query.single("cursor");
    if (!text) return std::nullopt;
    const auto bytes = asyncjobs::detail::decode_base64url(*text);
    if (!bytes) throw invalid_cursor();
    try {
        return json::parse<Cursor>(JsonText::parse(*bytes), json::UnknownMembers::refuse);
    } catch (const Error&) {
        throw invalid_cursor();
    }
}

std::optional<SearchPosition> read_position(const http::Call& call) {
    auto cursor = read_cursor<SearchCursor>(call);
    if (!cursor) return std::nullopt;
    const auto id = JobId::parse(cursor->id);
    if (!id) throw invalid_cursor();
    return SearchPosition{.id = *id, .queue = std::move(cursor->queue), .at = cursor->at};
}

std::optional<TallyOutcome> parse_outcome(std::string_view text) {
    for (const auto outcome :
         {TallyOutcome::completed, TallyOutcome::failed, TallyOutcome::cancelled,
          TallyOutcome::retried, TallyOutcome::released, TallyOutcome::rescued})
        if (to_string(outcome) == text) return outcome;
    return std::nullopt;
}

std::optional<TallyKey> read_tally_key(const http::Call& call) {
    auto cursor = read_cursor<TallyCursor>(call);
    if (!cursor) return std::nullopt;
    const auto outcome = parse_outcome(cursor->outcome);
    if (!outcome) throw invalid_cursor();
    return TallyKey{.start = cursor->start,
                    .queue = std::move(cursor->queue),
                    .type = std::move(cursor->type),
                    .outcome = *outcome,
                    .error_code = std::move(cursor->error_code)};
}

std::optional<JobId> read_related(const http::Call& call, std::string_view name) {
    const auto* text = call.query.single(name);
    if (!text) return std::nullopt;
    const auto id = JobId::parse(*text);
    if (!id) throw invalid_parameter(name, "must be the id of a job");
    return id;
}

/// `status` may be repeated.
std::vector<JobStatus> read_statuses(const http::Call& call) {
    std::vector<JobStatus> statuses;
    for (const auto& [name, value] : call.query) {
        if (name != "status") continue;
        const auto status = parse_job_status(value);
        if (!status)
            throw invalid_parameter("status",
                                    "must be pending, processing, completed, failed or cancelled");
        if (std::ranges::find(statuses, *status) == statuses.end()) statuses.push_back(*status);
    }
    return statuses;
}

} // namespace

http::Problem invalid_parameter(std::string_view name, std::string_view rule) {
    return {400, "invalid_parameter", std::string(name) + ' ' + std::string(rule)};
}

std::size_t read_limit(const http::Call& call, std::size_t usual, std::size_t most) {
    const auto* text = call.query.single("limit");
    if (!text) return usual;
    std::size_t limit = 0;
    const auto* const end = text->data() + text->size();
    const auto [read_to, error] = std::from_chars(text->data(), end, limit);
    const bool is_number = !text->empty() && read_to == end;
    if (is_number && error == std::errc::result_out_of_range) return most;
    if (!is_number || error != std::errc() || limit == 0)
        throw invalid_parameter("limit", "must be a whole number of at least 1");
    return std::min(limit, most);
}

std::optional<std::string> read_text(const http::Call& call, std::string_view name) {
    const auto* text = call.query.single(name);
    return text ? std::optional(*text) : std::nullopt;
}

std::optional<Timestamp> read_time(const http::Call& call, std::string_view name) {
    const auto* text = call.query.single(name);
    if (!text) return std::nullopt;
    const auto time = parse_rfc3339(*text);
    if (!time) throw invalid_parameter(name, "must be a time as 2026-01-31T12:00:00Z");
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
                     .after = read_position(call),
                     .limit = read_limit(call, 50, 200)};
    if (auto type = read_text(call, "type")) search.type = *std::move(type);
    if (const auto* library = call.query.single("library_jobs")) {
        if (*library != "true" && *library != "false")
            throw invalid_parameter("library_jobs", "must be true or false");
        search.library_jobs = *library == "true";
    }
    return search;
}

HistoryQuery read_history_query(const http::Call& call, Timestamp now) {
    HistoryQuery query{.queue = read_text(call, "queue"),
                       .type = read_text(call, "type"),
                       .after = read_tally_key(call),
                       .limit = read_limit(call, 1'000, HistoryQuery::max_limit)};
    if (const auto* text = call.query.single("period")) {
        const auto periods = {TallyPeriod::minute, TallyPeriod::hour, TallyPeriod::day};
        const auto* const period = std::ranges::find(
            periods, *text, [](TallyPeriod one) { return std::string(to_string(one)); });
        if (period == periods.end())
            throw invalid_parameter("period", "must be minute, hour or day");
        query.period = *period;
    }
    constexpr int usual_periods = 60;
    query.until = read_time(call, "until").value_or(now + length_of(query.period));
    query.since = read_time(call, "since")
                      .value_or(start_of(query.period,
                                         query.until - usual_periods * length_of(query.period)));
    return query;
}

std::string make_cursor(const SearchPosition& position) {
    return encode(SearchCursor{
        .id = std::string(position.id.text()), .queue = position.queue, .at = position.at});
}

std::string make_cursor(const TallyKey& key) {
    return encode(TallyCursor{.start = key.start,
                              .queue = key.queue,
                              .type = key.type,
                              .outcome = std::string(to_string(key.outcome)),
                              .error_code = key.error_code});
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
