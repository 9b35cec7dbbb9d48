#include "cursor.hpp"
#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/http/json_reader.hpp>

#include <fmt/format.h>

#include <functional>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

http::Problem no_such_job() { return {404, "not_found", "no such job"}; }

http::Response list(Service& service, const http::Call& call) {
    const auto page = service.operators.search(read_search(call));
    JobListDocument document;
    for (const Job& job : page.jobs)
        if (service.shows(call, job.queue, job.type)) document.jobs.push_back(document_of(job));
    if (page.next) {
        document.next_cursor = make_cursor(*page.next);
        document.looked_until = std::string(page.next->id.text());
    }
    return document_response(document);
}

/// The job, if it exists for the caller.
Job shown(const Service& service, const http::Call& call, std::optional<Job> job) {
    if (!job || !service.shows(call, job->queue, job->type)) throw no_such_job();
    return *std::move(job);
}

http::Response get(Service& service, const http::Call& call) {
    const Job job = service.find_whole_job(call);
    WholeJobDocument document{document_of(job), {}};
    for (const AttemptError& error : job.attempt_errors)
        document.attempt_errors.push_back({.attempt = error.attempt,
                                           .at = error.at,
                                           .worker = error.worker,
                                           .code = error.code,
                                           .message = error.message});
    return document_response(document);
}

/// `[{"name", "result"}]`, to the digit.
JsonText steps_of(const Job& job) {
    std::string steps;
    for (const Step& step : job.steps)
        steps += fmt::format(R"({}{{"name":{},"result":{}}})", steps.empty() ? "" : ",",
                             json::serialize(step.name).text(), step.result.text());
    return JsonText::parse('[' + steps + ']');
}

/// The part of a job that a path names; empty if the job has none.
std::optional<JsonText> payload_of(const Job& job, std::string_view part) {
    if (part == "input") return job.input;
    if (part == "metadata") return job.metadata;
    if (part == "result") return job.result;
    if (part == "steps") return steps_of(job);
    if (part == "error_details")
        return job.error ? std::optional(job.error->details) : std::nullopt;
    return std::nullopt;
}

/// The one place that payloads pass.
http::Response payload(Service& service, const http::Call& call) {
    const Job job = service.find_whole_job(call);
    const std::string& part = *call.path.find("part");
    auto payload = payload_of(job, part);
    if (!payload) throw http::Problem(404, "not_found", "the job has no such payload");
    if (service.options.mask) payload = service.options.mask(job, part, *std::move(payload));
    return {.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = payload->text()};
}

http::Response why(Service& service, const http::Call& call) {
    const Job job = service.find_job(call);
    const auto wait = service.operators.why(job.id);
    if (!wait) throw no_such_job();
    return document_response(document_of(*wait));
}

/// The jobs on one side of a job.
std::vector<JobDocument> neighbours(Service& service, const http::Call& call, JobSearch search,
                                    bool& more) {
    search.library_jobs = true;
    search.limit = 100;
    const auto page = service.operators.search(search);
    more = more || page.next.has_value();
    std::vector<JobDocument> documents;
    for (const Job& job : page.jobs)
        if (service.shows(call, job.queue, job.type)) documents.push_back(document_of(job));
    return documents;
}

http::Response graph(Service& service, const http::Call& call) {
    const JobId id = service.find_job(call).id;
    GraphDocument document;
    document.parents = neighbours(service, call, {.parents_of = id}, document.more);
    document.children = neighbours(service, call, {.children_of = id}, document.more);
    return document_response(document);
}

/// The document of a request that may have none.
template <typename Document>
Document read_optional(const http::Request& request) {
    return request.body.empty() ? Document() : http::read_document<Document>(request);
}

/// Acts on the job that the path names. An outcome other than `done` is a conflict.
http::Response act(Service& service, const http::Call& call, std::string action, std::string reason,
                   std::initializer_list<std::string_view> done,
                   const std::function<std::string_view(const JobId&)>& perform) {
    const JobId id = service.find_job(call).id;
    const auto outcome = service.audit.record(call,
                                              {.action = std::move(action),
                                               .target = std::string(id.text()),
                                               .reason = std::move(reason)},
                                              [&] { return std::string(perform(id)); });
    if (outcome == "not_found") throw no_such_job();
    for (const std::string_view one : done)
        if (outcome == one) return document_response(OutcomeDocument{outcome});
    throw http::Problem(409, outcome, "the job's status does not allow it: " + outcome);
}

http::Response cancel(Service& service, const http::Call& call) {
    const auto document = read_optional<CancelDocument>(call.request);
    return act(service, call, "cancel", document.reason,
               {"cancelled", "requested", "already_cancelled"}, [&](const JobId& id) {
                   return to_string(service.client.cancel(
                       id, {.reason = document.reason, .force = document.force}));
               });
}

http::Response retry(Service& service, const http::Call& call) {
    const auto document = read_optional<ReasonDocument>(call.request);
    return act(service, call, "retry", document.reason, {"retried"},
               [&](const JobId& id) { return to_string(service.client.retry(id)); });
}

http::Response run_now(Service& service, const http::Call& call) {
    const auto document = read_optional<ReasonDocument>(call.request);
    return act(service, call, "run_now", document.reason,
               {"made_due", "already_due", "blocked", "already_running"},
               [&](const JobId& id) { return to_string(service.client.run_now(id)); });
}

http::Response remove(Service& service, const http::Call& call) {
    const auto document = read_optional<ReasonDocument>(call.request);
    return act(service, call, "remove", document.reason, {"removed"},
               [&](const JobId& id) { return to_string(service.client.remove(id)); });
}

constexpr Parameter job_id{"id", "Id of the job", "path"};

} // namespace

Job Service::find_job(const http::Call& call) const {
    const JobId id = read_job_id(call);
    return shown(*this, call, client.find_summaries({&id, 1}).front());
}

Job Service::find_whole_job(const http::Call& call) const {
    return shown(*this, call, client.find(read_job_id(call)));
}

std::vector<OperatorRoute> job_routes() {
    const std::string one = "/operator/jobs/{id}";
    const auto on_job = [](std::string_view id, std::string_view summary, JsonText response,
                           JsonText request = {}) {
        return operation({.id = id,
                          .summary = summary,
                          .response = std::move(response),
                          .request = std::move(request),
                          .parameters = {job_id}});
    };
    const auto outcome = schema<OutcomeDocument>();
    return {
        {"GET", "/operator/jobs", Right::see, list,
         operation({.id = "searchJobs",
                    .summary = "Jobs that match; a page may have none, and still a next cursor",
                    .response = schema<JobListDocument>(),
                    .parameters = search_parameters()})},
        {"GET", one, Right::see, get,
         on_job("getAnyJob", "A job without its payloads", schema<WholeJobDocument>())},
        {"GET", one + "/payload/{part}", Right::see_payloads, payload,
         operation({.id = "getPayload",
                    .summary = "A payload of a job",
                    .response = JsonText::parse("{}"),
                    .parameters = {job_id,
                                   {"part", "input, metadata, result, error_details or steps",
                                    "path"}}})},
        {"GET", one + "/why", Right::see, why,
         on_job("explainJob", "What a job waits for", schema<WhyDocument>())},
        {"GET", one + "/graph", Right::see, graph,
         on_job("getJobGraph", "Parents and children of a job", schema<GraphDocument>())},
        {"POST", one + "/cancel", Right::cancel, cancel,
         on_job("cancelAnyJob", "Cancel a job", outcome, request_schema<CancelDocument>())},
        {"POST", one + "/retry", Right::retry, retry,
         on_job("retryAnyJob", "Retry a failed or cancelled job", outcome,
                request_schema<ReasonDocument>())},
        {"POST", one + "/run-now", Right::retry, run_now,
         on_job("runAnyJobNow", "Make a pending job due that waits for its time", outcome,
                request_schema<ReasonDocument>())},
        {"DELETE", one, Right::remove, remove,
         on_job("removeAnyJob", "Remove a finished job", outcome)},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
