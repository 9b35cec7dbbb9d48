#include "bulk_action.hpp"
#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/parameters.hpp>

#include <fmt/format.h>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// The document of a request.
struct BulkRequest {
    std::string action = {};
    BulkFilter filter = {};
    std::string reason = {};
    std::optional<std::uint64_t> expected = {}; ///< jobs, to a tenth
    bool all = false;                           ///< the filter may be empty
    bool dry_run = false;                       ///< only counts
};
BOOST_DESCRIBE_STRUCT(BulkRequest, (), (action, filter, reason, expected, all, dry_run))

struct BulkDocument {
    std::optional<std::string> job_id = {};
    std::optional<std::string> status = {};
    std::optional<int> progress = {};
    std::optional<std::string> message = {}; ///< what it has changed so far
    std::string action = {};
    BulkFilter filter = {};
    std::string reason = {};
    std::optional<std::string> who = {};
    CountDocument found = {}; ///< when it began
    std::optional<BulkResult> result = {};
    std::optional<Timestamp> created_at = {};
    std::optional<Timestamp> finished_at = {};
};
BOOST_DESCRIBE_STRUCT(BulkDocument, (),
                      (job_id, status, progress, message, action, filter, reason, who, found,
                       result, created_at, finished_at))

struct BulkListDocument {
    std::vector<BulkDocument> actions = {};
};
BOOST_DESCRIBE_STRUCT(BulkListDocument, (), (actions))

namespace {

Right right_for(std::string_view action) noexcept {
    if (action == "cancel") return Right::cancel;
    return action == "remove" ? Right::remove : Right::retry;
}

/// Callers with a view of their own act within one queue and type of it.
void check_view(const Service& service, const http::Call& call, const BulkFilter& filter) {
    if (!service.options.visible) return;
    if (!filter.queue || !filter.type)
        throw http::invalid_input({{"/filter", "must have a queue and a type that you may see"}});
    if (!service.shows(call, *filter.queue, *filter.type))
        throw http::Problem(404, "not_found", "no such queue or type");
}

BulkAction read_action(Service& service, const http::Call& call, BulkRequest request) {
    BulkAction action{.action = std::move(request.action),
                      .filter = std::move(request.filter),
                      .reason = std::move(request.reason),
                      .who = call.principal.owner};
    auto wrong = mistakes_in(action);
    if (matches_all(action.filter) && !request.all)
        wrong.push_back({"/all", "must be true for a filter that matches every job"});
    if (!wrong.empty()) throw http::invalid_input(wrong);
    if (!service.options.rights(call.principal).has(right_for(action.action)))
        throw http::Problem(403, "forbidden", "missing permission");
    check_view(service, call, action.filter);
    return action;
}

/// To a tenth: some jobs may have come and gone since the operator looked.
bool is_as_expected(const Count& found, std::uint64_t expected) noexcept {
    const auto off = expected / 10;
    if (found.value > expected + off) return false;
    return found.precision != Count::Precision::exact || found.value + off >= expected;
}

BulkDocument preview(const BulkAction& action, const Count& found) {
    return {.action = action.action,
            .filter = action.filter,
            .reason = action.reason,
            .found = document_of(found)};
}

http::Response start(Service& service, const http::Call& call) {
    auto request = http::read_document<BulkRequest>(call.request, {"action", "filter"});
    const auto expected = request.expected;
    const bool dry_run = request.dry_run;
    BulkAction action = read_action(service, call, std::move(request));
    const Count found = count_jobs_of(service.operators, action);
    auto document = preview(action, found);
    if (dry_run) return document_response(document);
    if (expected && !is_as_expected(found, *expected))
        throw http::Problem(
            409, "unexpected_count",
            fmt::format("{} jobs match, but {} were expected", to_string(found), *expected));
    action.found = found.value;
    action.found_is_least = found.precision != Count::Precision::exact;
    document.job_id =
        service.audit.record(call,
                             {.action = "bulk_" + action.action,
                              .target = json::serialize(action.filter).text(),
                              .reason = action.reason},
                             [&] {
                                 const auto submitted = service.client.submit(
                                     action, {.queue = service.options.bulk_queue,
                                              .max_attempts = 100,
                                              .retention = service.options.bulk_retention});
                                 return std::string(submitted.id.text());
                             });
    auto response = document_response(document);
    response.status = 202;
    return response;
}

BulkDocument document_of_action(const Job& job) {
    const auto action = json::parse<BulkAction>(job.input);
    auto document = preview(action, {.value = action.found,
                                     .precision = action.found_is_least ? Count::Precision::at_least
                                                                        : Count::Precision::exact});
    document.job_id = std::string(job.id.text());
    document.status = std::string(to_string(job.status));
    document.progress = job.progress.percent;
    if (!job.progress.message.empty()) document.message = job.progress.message;
    document.who = action.who;
    if (job.result) document.result = json::parse<BulkResult>(*job.result);
    document.created_at = job.created_at;
    document.finished_at = job.finished_at;
    return document;
}

Job find_action(const Service& service, const http::Call& call) {
    auto job = service.client.find(read_job_id(call));
    if (!job || job->type != BulkAction::type)
        throw http::Problem(404, "not_found", "no such bulk action");
    return *std::move(job);
}

http::Response get_action(Service& service, const http::Call& call) {
    return document_response(document_of_action(find_action(service, call)));
}

http::Response list_actions(Service& service, const http::Call& call) {
    const auto page = service.client.list(
        {.type = BulkAction::type, .limit = http::read_limit(call.query, 50, 200)});
    BulkListDocument document;
    for (const Job& job : page.jobs) document.actions.push_back(document_of_action(job));
    return document_response(document);
}

http::Response abort_action(Service& service, const http::Call& call) {
    const Job job = find_action(service, call);
    const auto outcome = service.audit.record(
        call, {.action = "abort_bulk", .target = std::string(job.id.text())}, [&] {
            return std::string(to_string(service.client.cancel(job.id, {.reason = "aborted"})));
        });
    if (outcome == "already_finished") throw http::Problem(409, outcome, "the action has finished");
    return document_response(OutcomeDocument{outcome});
}

} // namespace

std::vector<OperatorRoute> bulk_routes() {
    const Parameter id{"id", "Id of the action", "path"};
    return {
        {"POST", "/operator/bulk", Right::bulk, start,
         operation({.id = "startBulkAction",
                    .summary = "Cancel, retry, remove or make due all jobs that match a filter",
                    .response = schema<BulkDocument>(),
                    .request = request_schema<BulkRequest>(),
                    .status = "202"})},
        {"GET", "/operator/bulk", Right::bulk, list_actions,
         operation({.id = "listBulkActions",
                    .summary = "Bulk actions, newest first",
                    .response = schema<BulkListDocument>(),
                    .parameters = {{"limit", "Actions in the list, at most"}}})},
        {"GET", "/operator/bulk/{id}", Right::bulk, get_action,
         operation({.id = "getBulkAction",
                    .summary = "A bulk action, with its progress and its result",
                    .response = schema<BulkDocument>(),
                    .parameters = {id}})},
        {"POST", "/operator/bulk/{id}/abort", Right::bulk, abort_action,
         operation({.id = "abortBulkAction",
                    .summary = "Stop a bulk action; what it has changed stays so",
                    .response = schema<OutcomeDocument>(),
                    .parameters = {id}})},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
