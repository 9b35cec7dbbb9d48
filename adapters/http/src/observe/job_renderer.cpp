#include "observe/job_renderer.hpp"

#include "message/negotiation.hpp"
#include "observe/estimate.hpp"

#include <asyncjobs/http/http_date.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

Response json_response(unsigned status, std::string document) {
    Response response{.status = status, .headers = {}, .body = std::move(document)};
    response.headers.set("Content-Type", "application/json");
    return response;
}

bool has_expired(const Job& job, Timestamp now) { return job.expires_at && *job.expires_at <= now; }

Problem expired() { return {410, "gone", "the job has expired"}; }

Response waited(Response response, std::chrono::seconds at_most) {
    response.headers.set("Preference-Applied", fmt::format("wait={}", at_most.count()));
    return response;
}

JobRenderer::JobRenderer(Client& client, std::shared_ptr<Runtime> runtime,
                         const ApiOptions& options)
    : runtime_(std::move(runtime)),
      options_(options), links_{options_.public_base_url + options_.prefix},
      workloads_(client, *runtime_) {}

void JobRenderer::expect_run(const std::string& queue, const std::string& type, Duration usual) {
    expected_runs_[{queue, type}] = usual;
}

std::optional<Timestamp> JobRenderer::estimate(const Job& job, std::size_t uncounted) {
    if (is_finished(job.status) || !workloads_.is_supported()) return std::nullopt;
    try {
        auto workload = workloads_.get(job.queue, job.type);
        if (!workload.typical_run) workload.typical_run = expected_run(job.queue, job.type);
        workload.waiting += uncounted;
        return estimate_completion(job, workload, runtime_->wall_clock());
    } catch (const Error& error) {
        if (options_.log)
            options_.log({.level = LogEntry::Level::warning,
                          .message = std::string("estimate unavailable: ") + error.what()});
        return std::nullopt;
    }
}

std::optional<Duration> JobRenderer::expected_run(const std::string& queue,
                                                  const std::string& type) const {
    const auto found = expected_runs_.find({queue, type});
    return found == expected_runs_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Duration> JobRenderer::estimate_new(const SubmittedKind& kind, Timestamp created_at,
                                                  std::size_t uncounted) {
    if (kind.is_blocked) return std::nullopt;
    Job submitted{.type = kind.type, .queue = kind.queue};
    submitted.created_at = created_at;
    submitted.run_at = std::max(kind.run_at.value_or(created_at), created_at + kind.delay);
    const auto done = estimate(submitted, uncounted);
    return done ? std::optional(*done - created_at) : std::nullopt;
}

void JobRenderer::describe(const Job& job, std::string etag, std::optional<Timestamp> expected,
                           Headers& headers) const {
    headers.add("ETag", std::move(etag));
    if (!is_finished(job.status)) headers.add("Retry-After", retry_after_value(expected));
    if (job.expires_at) headers.add("Sunset", to_http_date(*job.expires_at));
}

Response JobRenderer::job_response(unsigned status, const Job& job) {
    const auto result = transform_result(job, options_.transform_result);
    const auto expected = estimate(job);
    Response response =
        json_response(status, status_document(job, result, links_, expected, status == 202));
    describe(job, make_etag(job, result), expected, response.headers);
    return response;
}

Response JobRenderer::status_response(const Job& job, const Request& request) {
    const auto result = transform_result(job, options_.transform_result);
    const auto expected = estimate(job);
    std::string etag = make_etag(job, result);
    Response response{.status = 304};
    if (!has_current(request.headers, etag))
        response = json_response(200, status_document(job, result, links_, expected));
    describe(job, std::move(etag), expected, response.headers);
    response.headers.add("Cache-Control", "private, no-cache");
    response.headers.add("Vary", "Prefer");
    return response;
}

std::string JobRenderer::retry_after_value(std::optional<Timestamp> expected) const {
    return std::to_string(retry_after(expected, runtime_->wall_clock(), options_.retry_after_cap,
                                      runtime_->random()));
}

Problem JobRenderer::try_later(unsigned status, std::string code, std::string detail) const {
    return Problem(status, std::move(code), std::move(detail))
        .with_header("Retry-After", retry_after_value(std::nullopt));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
