#include "routes/job_routes.hpp"

#include "message/negotiation.hpp"
#include "openapi/job_operations.hpp"
#include "openapi/json_object.hpp"
#include "routes/route_job.hpp"

#include <asyncjobs/json.hpp>

#include <boost/json/parse.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <optional>
#include <utility>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Whether a redirect may lead there: http, https, or relative.
bool is_web_url(std::string_view text) {
    const auto url = boost::urls::parse_uri_reference({text.data(), text.size()});
    if (!url) return false;
    return !url->has_scheme() || url->scheme_id() == boost::urls::scheme::http ||
           url->scheme_id() == boost::urls::scheme::https;
}

/// The URL of the file that a result names, if a client can be redirected to it.
std::optional<std::string> file_url(const TransformedResult& result) {
    const auto value = json::to_value(JsonText::trusted(result.text));
    const auto* object = value.if_object();
    const auto* member = object ? object->if_contains("file_url") : nullptr;
    if (!member || !member->is_string() || member->get_string().empty()) return std::nullopt;
    const std::string url(member->get_string());
    return is_web_url(url) ? std::optional(url) : std::nullopt;
}

} // namespace

void JobRoutes::add_to(Router& router) {
    const auto add = [&](std::string method, std::string_view path, auto handler,
                         std::string_view operation, bool blocks = true) {
        router.add({.method = std::move(method),
                    .path = options_.prefix + "/jobs/{id}" + std::string(path),
                    .handler = [this, handler](const Call& call) { return (this->*handler)(call); },
                    .blocks = blocks,
                    .operation = openapi::parse_object(operation)});
    };
    add("GET", "", &JobRoutes::status, openapi::get_job, false);
    add("DELETE", "", &JobRoutes::remove, openapi::delete_job);
    add("GET", "/result", &JobRoutes::result, openapi::get_job_result);
    add("POST", "/cancel", &JobRoutes::cancel, openapi::cancel_job);
    add("POST", "/retry", &JobRoutes::retry, openapi::retry_job);
}

/// A client with an ETag usually has the document, and reading the summary shows that.
HandlerResult JobRoutes::status(const Call& call) {
    check_accepts_json(call.request.headers);
    const JobId id = id_of(call);
    const std::string& owner = call.principal.owner;
    const auto read = [this](const Job& job, const Request& request) {
        return status_or_wait(job, request);
    };
    // A result that the hook changes is part of the ETag.
    if (options_.transform_result || !call.request.headers.find("If-None-Match"))
        return jobs_.with_job(id, owner, read);
    return jobs_.with_summary(
        id, owner,
        [this, id, owner, read](const Job& job, const Request& request) -> HandlerResult {
            if (has_current(request.headers, make_etag(job, {}))) return read(job, request);
            return jobs_.with_job(id, owner, read);
        });
}

HandlerResult JobRoutes::status_or_wait(const Job& job, const Request& request) {
    Response now = renderer_.status_response(job, request);
    const auto seconds = admission_.wait_for(request);
    if (!seconds || now.status != 304 || is_finished(job.status)) return now;
    return LongPoll{
        .id = job.id,
        .is_over = [known = job.revision](const Job& later) { return later.revision > known; },
        .at_most = *seconds,
        .permit = admission_.take_wait(limit_key(job.owner, request)),
        .then =
            [this, id = job.id, owner = job.owner, seconds](const Request& again) {
                return waited(renderer_.status_response(jobs_.find(id, owner), again), *seconds);
            }};
}

Response JobRoutes::result(const Call& call) {
    const Job job = jobs_.find(call);
    if (!is_finished(job.status)) {
        check_accepts_json(call.request.headers);
        Response response = renderer_.job_response(202, job);
        response.headers.remove("ETag");
        response.headers.set("Cache-Control", "no-store");
        return response;
    }
    if (job.status != JobStatus::completed)
        throw Problem(409, "no_result",
                      "the job is " + std::string(to_string(job.status)) + " and has no result");
    const auto shown = transform_result(job, options_.transform_result);
    if (const auto url = file_url(shown))
        return {.status = 303,
                .headers = {{"Location", *url}, {"Cache-Control", "no-store"}},
                .body = {}};
    check_accepts_json(call.request.headers);
    Response response = json_response(200, shown.text);
    response.headers.set("ETag", make_etag(job, shown));
    response.headers.set("Cache-Control", "private, no-cache");
    return unless_current(std::move(response), call.request.headers);
}

Response JobRoutes::cancel(const Call& call) {
    check_accepts_json(call.request.headers);
    const JobId id = jobs_.find(call).id;
    const auto outcome = client_.cancel(id);
    const Job job = jobs_.find(call);
    if (outcome == CancelOutcome::not_found) throw no_such_job();
    if (job.status == JobStatus::completed || job.status == JobStatus::failed)
        throw Problem(409, "already_finished",
                      "the job is already " + std::string(to_string(job.status)))
            .with_member("job", boost::json::parse(
                                    std::get<std::string>(renderer_.job_response(200, job).body)));
    Response response = renderer_.job_response(job.status == JobStatus::cancelled ? 200 : 202, job);
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Response JobRoutes::retry(const Call& call) {
    check_accepts_json(call.request.headers);
    const Job job = jobs_.find(call);
    const JobId id = job.id;
    const bool is_for_retry = job.status == JobStatus::failed || job.status == JobStatus::cancelled;
    Headers quota;
    if (is_for_retry && !admission_.take_submit(limit_key(call), quota))
        throw quota_exceeded(quota);
    if (options_.companion_jobs_for_retry && is_for_retry)
        client_.submit(companions(options_.companion_jobs_for_retry, job, call));
    switch (client_.retry(id)) {
    case RetryOutcome::retried:
        break;
    case RetryOutcome::not_found:
        throw no_such_job();
    case RetryOutcome::not_finished:
        throw Problem(409, "not_finished", "the job is not finished yet");
    case RetryOutcome::already_completed:
        throw Problem(409, "already_finished", "the job is already completed");
    case RetryOutcome::key_taken:
        throw Problem(409, "key_taken", "another job holds the unique key");
    }
    Response response = renderer_.job_response(202, jobs_.find(call));
    for (const auto& [name, value] : quota) response.headers.set(name, value);
    response.headers.set("Location", renderer_.links().status(id));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Response JobRoutes::remove(const Call& call) {
    const JobId id = jobs_.find(call).id;
    switch (client_.remove(id)) {
    case RemoveOutcome::removed:
        break;
    case RemoveOutcome::not_found:
        throw no_such_job();
    case RemoveOutcome::not_finished:
        throw Problem(409, "not_finished", "the job is not finished; cancel it first");
    }
    return {.status = 204, .headers = {{"Cache-Control", "no-store"}}, .body = {}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
