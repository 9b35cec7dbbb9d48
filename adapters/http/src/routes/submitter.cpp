#include "routes/submitter.hpp"

#include "message/trace_context.hpp"
#include "routes/route_job.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The content of the response to a submit.
struct Submitter::Acceptance {
    JobId id = {};
    Timestamp created_at = {};
    std::string who = {};               ///< see limit_key()
    std::optional<Duration> takes = {}; ///< from created_at; empty: unknown
    bool replayed = false;
    Headers headers = {};
};

/// A request whose job is being submitted.
struct Submitter::Submission {
    SubmittedKind kind;
    std::string owner = {};
    bool refuses = false; ///< a job with the same unique key
    std::vector<NewJob> jobs = {};
    Acceptance acceptance = {};
    std::optional<Idempotency> idempotency = {};
    std::optional<std::chrono::seconds> wait = {};
    ConcurrencyLimiter::Permit permit = {};
    bool is_charged = false; ///< against the quota of acceptance.who
};

Submitter::Submitter(Parts parts)
    : client_(parts.client), runtime_(parts.runtime), options_(parts.options),
      renderer_(parts.renderer), admission_(parts.admission), response_memory_(parts.memory),
      submits_({.runtime = runtime_,
                .post = std::move(parts.post),
                .shares = options_.threads > 0,
                .expensive = true},
               [this](std::span<const std::vector<NewJob>> jobs) { return submit_all(jobs); }) {}

HandlerResult Submitter::submit(NewJob job, const Call& call) {
    admission_.check_not_draining();
    derive_unique_key(job, runtime_.wall_clock());
    auto idempotency = take_from_headers(call, job);
    Acceptance acceptance;
    acceptance.who = limit_key(call);
    const auto seconds = admission_.wait_for(call.request);
    auto permit = seconds ? admission_.take_wait(acceptance.who) : ConcurrencyLimiter::Permit();
    const bool granted = admission_.take_submit(acceptance.who, acceptance.headers);
    if (!granted && !idempotency) throw quota_exceeded(acceptance.headers);

    const auto submission =
        std::make_shared<Submission>(Submission{.kind = SubmittedKind(job),
                                                .owner = job.owner,
                                                .refuses = job.on_conflict == OnConflict::refuse,
                                                .acceptance = std::move(acceptance),
                                                .idempotency = std::move(idempotency),
                                                .wait = seconds,
                                                .permit = std::move(permit),
                                                .is_charged = granted});
    if (!granted)
        return submit_result(
            *submission, first_submit(*submission->idempotency, submission->acceptance.headers));
    submission->jobs = with_companions(std::move(job), call);
    return Deferred{[this, submission](const Deferred::Resume& resume) {
        submits_.enqueue(std::move(submission->jobs), [this, submission, resume](auto submitted) {
            resume([&](const Request&) { return submit_result(*submission, submitted.take()); });
        });
    }};
}

/// Sets the job's members that come from the request's headers, and notes them in its metadata.
std::optional<Idempotency> Submitter::take_from_headers(const Call& call, NewJob& job) {
    auto idempotency = read_idempotency(call);
    boost::json::object metadata;
    if (idempotency) {
        job.idempotency_key = idempotency->key;
        idempotency->estimate =
            renderer_.estimate_new(SubmittedKind(job), runtime_.wall_clock(), 1);
        note(*idempotency, metadata);
    }
    if (const auto trace = trace_of(call.request.headers, runtime_))
        metadata["traceparent"] = *trace;
    add_to_metadata(job, metadata);
    return idempotency;
}

HandlerResult Submitter::submit_result(Submission& submission, const Submitted& submitted) {
    using Outcome = Submitted::Outcome;
    auto& acceptance = submission.acceptance;
    const auto& idempotency = submission.idempotency;
    std::optional<Job> earlier; // which this request would have submitted again
    acceptance.id = submitted.id;
    acceptance.created_at = submitted.created_at;
    switch (submitted.outcome) {
    case Outcome::created:
        acceptance.takes = idempotency
                               ? idempotency->estimate
                               : renderer_.estimate_new(submission.kind, submitted.created_at, 0);
        break;
    case Outcome::repeated:
        acceptance.replayed = true;
        acceptance.takes = first_estimate(submitted.id, *idempotency);
        if (submission.is_charged) admission_.refund_submit(acceptance.who, acceptance.headers);
        break;
    case Outcome::parent_missing:
        throw invalid_member("after names " + std::string(submitted.id.text()) +
                             ", but no such job exists");
    case Outcome::id_exists:
    case Outcome::key_taken:
    case Outcome::replaced:
        earlier = job_with_same_key(submission, submitted.id);
        if (const auto done = renderer_.estimate(*earlier))
            acceptance.takes = *done - earlier->created_at;
        break;
    }
    if (!submission.wait) return accepted(acceptance, earlier);
    return LongPoll{.id = acceptance.id,
                    .is_over = [](const Job& later) { return is_finished(later.status); },
                    .at_most = *submission.wait,
                    .permit = std::move(submission.permit),
                    .then =
                        [this, acceptance, seconds = *submission.wait](const Request&) {
                            return waited(accepted(acceptance, client_.find(acceptance.id)),
                                          seconds);
                        }};
}

/// The job whose unique key the submitted one has. Throws Problem (409) if the route refuses
/// another one, and for a job of another owner, of which the caller learns nothing else.
Job Submitter::job_with_same_key(const Submission& submission, const JobId& id) {
    auto job = submission.refuses ? std::nullopt : client_.find(id);
    if (!job || job->owner != submission.owner)
        throw Problem(409, "key_taken", "another job holds the unique key");
    return *std::move(job);
}

/// Submits all requests' jobs in one transaction; returns the result of each request's first job.
std::vector<Submitted> Submitter::submit_all(std::span<const std::vector<NewJob>> of_requests) {
    std::vector<NewJob> jobs;
    for (const auto& of_one : of_requests) jobs.insert(jobs.end(), of_one.begin(), of_one.end());
    const auto submitted = client_.submit(std::move(jobs));
    std::vector<Submitted> results;
    std::size_t first = 0;
    for (const auto& of_one : of_requests) {
        results.push_back(submitted[first]);
        first += of_one.size();
    }
    return results;
}

/// The job and its companions. A repeated request finds the companions of the first one, as it
/// finds the job. Companions of a job that is not created, because another has its unique key, are
/// not created either: their parent is missing.
std::vector<NewJob> Submitter::with_companions(NewJob job, const Call& call) {
    if (!options_.companion_jobs) return {std::move(job)};
    if (job.id == JobId()) job.id = client_.make_id();
    auto jobs = companions(options_.companion_jobs, job, call);
    if (job.idempotency_key)
        for (std::size_t i = 0; i < jobs.size(); ++i)
            jobs[i].idempotency_key = *job.idempotency_key + ':' + std::to_string(i);
    jobs.insert(jobs.begin(), std::move(job));
    return jobs;
}

/// The submit that a repeated request repeats, which needs no quota. Throws Problem (429) for a
/// request that is not repeated.
Submitted Submitter::first_submit(const Idempotency& idempotency, const Headers& headers) {
    const auto page =
        client_.list({.idempotency_key = idempotency.key, .limit = 1, .parts = JobParts::summary});
    if (page.jobs.empty()) throw quota_exceeded(headers);
    const auto& job = page.jobs.front();
    return {Submitted::Outcome::repeated, job.id, job.created_at};
}

/// The estimate in the first response to a repeated request. Throws Problem (422) if the request
/// differs from the first, and (410) if the job is removed.
std::optional<Duration> Submitter::first_estimate(const JobId& id, const Idempotency& idempotency) {
    const auto job = client_.find(id);
    if (!job) throw expired(); // removed between the two calls
    const auto first = noted_idempotency(job->metadata);
    if (!first || first->request != idempotency.request)
        throw Problem(422, "idempotency_key_reused",
                      "the Idempotency-Key was already used with a different request");
    if (has_expired(*job, runtime_.wall_clock())) throw expired();
    return first->estimate;
}

/// The response with its share of the memory of responses; empty if too little is left.
std::optional<Response> Submitter::with_memory(Response response, const std::string& who) const {
    auto [share, full] = response_memory_.take(who, body_length(response.body).value_or(0));
    if (full != ResponseMemory::Full::no) return std::nullopt;
    response.memory = std::move(share);
    return response;
}

/// Always 202. Contains the job's status if it is no longer pending and memory is left: the client
/// must get the job's id even while slow readers hold all memory of responses.
Response Submitter::accepted(const Acceptance& acceptance, const std::optional<Job>& now) {
    const auto expected =
        acceptance.takes ? std::optional(acceptance.created_at + *acceptance.takes) : std::nullopt;
    std::optional<Response> with_status;
    if (now && now->status != JobStatus::pending)
        with_status = with_memory(renderer_.job_response(202, *now), acceptance.who);
    Response response =
        with_status ? *std::move(with_status)
                    : json_response(202, accepted_document(acceptance.id, acceptance.created_at,
                                                           renderer_.links(), expected));
    for (const auto& [name, value] : acceptance.headers) response.headers.set(name, value);
    if (acceptance.replayed) response.headers.set("Idempotent-Replayed", "true");
    response.headers.remove("ETag");
    response.headers.set("Retry-After", renderer_.retry_after_value(expected));
    response.headers.set("Location", renderer_.links().status(acceptance.id));
    response.headers.set("Cache-Control", "no-store");
    response.headers.add("Vary", "Prefer");
    return response;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
