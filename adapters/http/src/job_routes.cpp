#include "job_api_impl.hpp"

#include "cursor.hpp"
#include "estimate.hpp"
#include "job_events.hpp"
#include "negotiation.hpp"
#include "openapi/job_operations.hpp"

#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/http_date.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Told to the clients of streams; spread, so that they do not all come back at once.
constexpr Duration reconnect_after = std::chrono::seconds{3};

Problem no_such_job() { return {404, "not_found", "there is no such job"}; }

Problem expired() { return {410, "gone", "the job has expired"}; }

Problem invalid_parameter(std::string_view name, std::string_view rule) {
    return {400, "invalid_parameter", std::string(name) + ' ' + std::string(rule)};
}

void check_acceptable(const Call& call) {
    if (!accepts_json(call.request.headers))
        throw Problem(406, "not_acceptable", "the answer is application/json");
}

JobId id_of(const Call& call) {
    const auto id = JobId::parse(*call.path.find("id"));
    if (!id) throw no_such_job();
    return *id;
}

std::size_t read_limit(const std::string& text, std::size_t most) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    const bool all_digits = !text.empty() && end == text.data() + text.size();
    if (all_digits && error == std::errc::result_out_of_range) return most;
    if (!all_digits || error != std::errc() || limit == 0)
        throw invalid_parameter("limit", "must be a whole number from 1 on");
    return std::min(limit, most);
}

/// Whether browsers may be sent there: http, https, or relative.
bool is_web_url(std::string_view text) {
    const auto url = boost::urls::parse_uri_reference({text.data(), text.size()});
    if (!url) return false;
    return !url->has_scheme() || url->scheme_id() == boost::urls::scheme::http ||
           url->scheme_id() == boost::urls::scheme::https;
}

/// The URL of the file that a result points to, if it does, and a client can be redirected to it.
std::optional<std::string> file_url(const PresentedResult& result) {
    const auto value = json::to_value(JsonText::trusted(result.text));
    const auto* object = value.if_object();
    const auto* member = object ? object->if_contains("file_url") : nullptr;
    if (!member || !member->is_string() || member->get_string().empty()) return std::nullopt;
    const std::string url(member->get_string());
    return is_web_url(url) ? std::optional(url) : std::nullopt;
}

} // namespace

Response json_response(unsigned status, std::string document) {
    Response response{.status = status, .headers = {}, .body = std::move(document)};
    response.headers.set("Content-Type", "application/json");
    return response;
}

void JobApi::Impl::add_job_routes() {
    const auto add = [this](std::string_view method, std::string_view path, auto handler,
                            std::string_view operation, bool blocks = true) {
        add_route(method, path,
                  [this, handler](const Call& call) { return (this->*handler)(call); },
                  {.operation = JsonText::trusted(std::string(operation)), .blocks = blocks});
    };
    add("GET", "/jobs", &Impl::list, openapi::list_jobs);
    add("GET", "/jobs/{id}", &Impl::status, openapi::get_job, false);
    add("DELETE", "/jobs/{id}", &Impl::remove, openapi::delete_job);
    add("GET", "/jobs/{id}/events", &Impl::events, openapi::follow_job);
    add("GET", "/jobs/{id}/result", &Impl::result, openapi::get_job_result);
    add("POST", "/jobs/{id}/cancel", &Impl::cancel, openapi::cancel_job);
    add("POST", "/jobs/{id}/retry", &Impl::retry, openapi::retry_job);
}

const std::string& who_asks(const std::string& owner, const Request& request) noexcept {
    return owner.empty() ? request.client_address : owner;
}

const std::string& who_asks(const Call& call) noexcept {
    return who_asks(call.principal.owner, call.request);
}

Response waited(Response response, std::chrono::seconds at_most) {
    response.headers.set("Preference-Applied", fmt::format("wait={}", at_most.count()));
    return response;
}

Later JobApi::Impl::with_own_job(Readings& readings, const JobId& id, const std::string& owner,
                                 std::function<Answer(Job, const Request&)> then) {
    return {[this, &readings, id, owner, then = std::move(then)](const Later::GoOn& go_on) {
        readings.ask(id, [this, id, owner, then, go_on](auto found) {
            go_on([&](const Request& request) -> Answer {
                auto job = found.take();
                if (job && job->owner == owner) {
                    if (has_expired(*job)) throw expired();
                    return then(*std::move(job), request);
                }
                return on_lane([this, id, owner](const Request&) -> Answer {
                    throw none_of_that_id(id, owner);
                });
            });
        });
    }};
}

Job JobApi::Impl::find_own(const Call& call) { return find_own(id_of(call), call.principal.owner); }

Job JobApi::Impl::find_own(const JobId& id, const std::string& owner) {
    auto found = client_.find(id);
    if (!found || found->owner != owner) throw none_of_that_id(id, owner);
    if (has_expired(*found)) throw expired();
    return *std::move(found);
}

/// It is gone for clients, whether it has been purged yet or not.
bool JobApi::Impl::has_expired(const Job& job) const {
    return job.expires_at && *job.expires_at <= runtime_->wall_clock();
}

/// A stranger's job, a malformed id and one that never was are one and the same, and take as long.
Problem JobApi::Impl::none_of_that_id(const JobId& id, const std::string& owner) {
    if (client_.purged_owner(id) == owner) return expired();
    return no_such_job();
}

std::optional<Timestamp> JobApi::Impl::estimate(const Job& job, std::size_t uncounted) {
    if (is_finished(job.status)) return std::nullopt;
    try {
        auto workload = workloads_.get(job.queue, job.type);
        if (!workload.typical_run) workload.typical_run = expected_run(job.queue, job.type);
        workload.waiting += uncounted;
        return estimate_completion(job, workload, runtime_->wall_clock());
    } catch (const Error& error) {
        log(LogEntry::Level::warning, std::string("no estimate: ") + error.what());
        return std::nullopt;
    }
}

std::optional<Duration> JobApi::Impl::expected_run(const std::string& queue,
                                                   const std::string& type) const {
    const auto found = expected_runs_.find({queue, type});
    return found == expected_runs_.end() ? std::nullopt : std::optional(found->second);
}

/// How long a job takes from its submit on. `uncounted` is 1 if that is yet to come.
std::optional<Duration> JobApi::Impl::estimate_new(const NewJob& job, Timestamp created_at,
                                                   std::size_t uncounted) {
    Job submitted{.type = job.type, .queue = job.queue};
    submitted.created_at = submitted.run_at = created_at;
    const auto done = estimate(submitted, uncounted);
    return done ? std::optional(*done - created_at) : std::nullopt;
}

void JobApi::Impl::describe(const Job& job, std::string etag, std::optional<Timestamp> expected,
                            Headers& headers) const {
    headers.add("ETag", std::move(etag));
    if (!is_finished(job.status)) headers.add("Retry-After", retry_after_value(expected));
    if (job.expires_at) headers.add("Sunset", to_http_date(*job.expires_at));
}

/// The status document, with what headers follow from it.
Response JobApi::Impl::job_response(unsigned status, const Job& job) {
    const auto result = present_result(job, options_.present_result);
    const auto expected = estimate(job);
    Response response =
        json_response(status, status_document(job, result, links_, expected, status == 202));
    describe(job, make_etag(job, result), expected, response.headers);
    return response;
}

/// A document that the client has already is not made.
Response JobApi::Impl::status_response(const Job& job, const Request& request) {
    const auto result = present_result(job, options_.present_result);
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

/// How long the client wants to wait for news, if it does.
std::optional<std::chrono::seconds> JobApi::Impl::wait_for(const Request& request) const {
    auto wanted = preferred_wait(request.headers);
    if (!wanted) return std::nullopt;
    using std::chrono::seconds;
    wanted = std::min(*wanted, std::chrono::duration_cast<seconds>(options_.max_wait));
    return *wanted > seconds::zero() ? wanted : std::nullopt;
}

Seats::Seat JobApi::Impl::take(Seats& seats, const std::string& whose,
                               std::string_view what) const {
    auto [seat, full] = seats.take(whose);
    if (full == Seats::Full::no) return std::move(seat);
    if (full == Seats::Full::for_one)
        throw try_later(429, "quota_exceeded", fmt::format("there are too many {} of yours", what));
    throw try_later(503, "overloaded", fmt::format("there are too many {} already", what));
}

/// Who has a tag has the document as a rule, and then a glance tells so.
Answer JobApi::Impl::status(const Call& call) {
    check_acceptable(call);
    const JobId id = id_of(call);
    const std::string& owner = call.principal.owner;
    const auto read = [this](const Job& job, const Request& request) {
        return status_or_wait(job, request);
    };
    // What a hook makes of a result is part of the tag.
    if (options_.present_result || !call.request.headers.find("If-None-Match"))
        return with_own_job(finds_, id, owner, read);
    return with_own_job(glances_, id, owner,
                        [this, id, owner, read](const Job& job, const Request& request) -> Answer {
                            if (has_current(request.headers, make_etag(job, {})))
                                return read(job, request);
                            return with_own_job(finds_, id, owner, read);
                        });
}

Answer JobApi::Impl::status_or_wait(const Job& job, const Request& request) {
    Response now = status_response(job, request);
    const auto seconds = wait_for(request);
    if (!seconds || now.status != 304 || is_finished(job.status)) return now;
    return Wait{
        .id = job.id,
        .is_over = [known = job.revision](const Job& later) { return later.revision > known; },
        .at_most = *seconds,
        .seat = take(waits_, who_asks(job.owner, request), "requests that wait"),
        .then =
            [this, id = job.id, owner = job.owner, seconds](const Request& again) {
                return waited(status_response(find_own(id, owner), again), *seconds);
            }};
}

Response JobApi::Impl::events(const Call& call) {
    if (!accepts_events(call.request.headers))
        throw Problem(406, "not_acceptable", "the answer is text/event-stream");
    const Job job = find_own(call);
    const auto last = last_event_id(call.request.headers);
    if (is_finished(job.status) && last == job.revision)
        return {.status = 204, .headers = {{"Cache-Control", "no-store"}}, .body = {}};

    auto seat = take(streams_, who_asks(call), "event streams");
    const auto stream = std::make_shared<JobEvents>(JobEvents::Options{
        .document = [this](const Job& shown) { return event_document(shown); },
        .post = poster(),
        .memory = [this](std::size_t bytes) { return answer_memory_.take(bytes); },
        .heartbeat = options_.heartbeat,
        .reconnect_after = asyncjobs::detail::jittered(reconnect_after, runtime_->random()),
        .known = last <= job.revision ? last : 0});
    auto body = std::make_shared<EventBody>(stream, followers_, std::move(seat));
    stream->on_change(job); // known already, and so sent without a reading
    followers_->join(stream, job.id, options_.heartbeat);
    return {.status = 200,
            .headers = {{"Content-Type", "text/event-stream"},
                        {"Cache-Control", "no-store, no-transform"},
                        {"X-Accel-Buffering", "no"}},
            .body = std::move(body)};
}

/// The same as the job's status answers; empty if it can't be had now.
std::optional<std::string> JobApi::Impl::event_document(const Job& job) {
    std::string why = "an exception of an unknown type";
    try {
        return std::get<std::string>(job_response(200, job).body);
    } catch (const std::exception& error) {
        why = error.what();
    } catch (...) {
    }
    log(LogEntry::Level::error, fmt::format("no event of {}: {}", job.id.text(), why));
    return std::nullopt;
}

JobQuery JobApi::Impl::read_query(const Call& call) const {
    JobQuery query{.owner = call.principal.owner,
                   .limit = options_.default_page,
                   .parts = JobParts::summary};
    if (const auto* status = call.query.single("status")) {
        query.status = parse_job_status(*status);
        if (!query.status)
            throw invalid_parameter("status", "must be pending, processing, completed, failed or "
                                              "cancelled");
    }
    if (const auto* type = call.query.single("type")) {
        if (!asyncjobs::detail::is_name(*type))
            throw invalid_parameter("type", "must be 1-100 characters of A-Z a-z 0-9 . _ : / -");
        query.type = *type;
    }
    query.library_jobs = query.type.has_value(); // such as deliveries, which no client submitted
    if (const auto* limit = call.query.single("limit"))
        query.limit = read_limit(*limit, options_.max_page);
    if (const auto* cursor = call.query.single("cursor"))
        query.before = read_cursor(query, *cursor);
    return query;
}

Response JobApi::Impl::list(const Call& call) {
    check_acceptable(call);
    const JobQuery query = read_query(call);
    const JobPage page = client_.list(query);
    std::string jobs = "[";
    for (const auto& job : page.jobs) {
        if (has_expired(job)) continue;
        if (jobs.size() > 1) jobs += ',';
        jobs += summary_document(job, links_);
    }
    jobs += ']';
    ObjectWriter writer;
    writer.raw("jobs", jobs);
    if (page.more && !page.jobs.empty())
        writer.text("next_cursor", make_cursor(query, page.jobs.back().id));
    Response response = json_response(200, std::move(writer).finish());
    response.headers.set("Cache-Control", "private, no-cache");
    return response;
}

Response JobApi::Impl::result(const Call& call) {
    const Job job = find_own(call);
    if (!is_finished(job.status)) {
        check_acceptable(call);
        Response response = job_response(202, job);
        response.headers.remove("ETag");
        response.headers.set("Cache-Control", "no-store");
        return response;
    }
    if (job.status != JobStatus::completed)
        throw Problem(409, "no_result",
                      "the job is " + std::string(to_string(job.status)) + " and has no result");
    const auto shown = present_result(job, options_.present_result);
    if (const auto url = file_url(shown))
        return {.status = 303,
                .headers = {{"Location", *url}, {"Cache-Control", "no-store"}},
                .body = {}};
    check_acceptable(call);
    Response response = json_response(200, shown.text);
    response.headers.set("ETag", make_etag(job, shown));
    response.headers.set("Cache-Control", "private, no-cache");
    return unless_current(std::move(response), call.request.headers);
}

Response JobApi::Impl::cancel(const Call& call) {
    check_acceptable(call);
    const JobId id = find_own(call).id;
    const auto outcome = client_.cancel(id);
    const Job job = find_own(call);
    if (outcome == CancelOutcome::not_found) throw no_such_job();
    if (job.status == JobStatus::completed || job.status == JobStatus::failed)
        throw Problem(409, "already_finished",
                      "the job is " + std::string(to_string(job.status)) + " already")
            .with_member("job",
                         boost::json::parse(std::get<std::string>(job_response(200, job).body)));
    Response response = job_response(job.status == JobStatus::cancelled ? 200 : 202, job);
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Response JobApi::Impl::retry(const Call& call) {
    check_acceptable(call);
    const Job job = find_own(call);
    const JobId id = job.id;
    const bool is_for_retry = job.status == JobStatus::failed || job.status == JobStatus::cancelled;
    Headers quota;
    if (is_for_retry && !take_submit(call, quota)) throw over_quota(quota);
    if (options_.accompany_retry && is_for_retry)
        client_.submit(companions(options_.accompany_retry, job, call));
    switch (client_.retry(id)) {
    case RetryOutcome::retried:
        break;
    case RetryOutcome::not_found:
        throw no_such_job();
    case RetryOutcome::not_finished:
        throw Problem(409, "not_finished", "the job is not finished yet");
    case RetryOutcome::already_completed:
        throw Problem(409, "already_finished", "the job is completed already");
    case RetryOutcome::key_taken:
        throw Problem(409, "key_taken", "another job does this work now");
    }
    Response response = job_response(202, find_own(call));
    for (const auto& [name, value] : quota) response.headers.set(name, value);
    response.headers.set("Location", links_.status(id));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Response JobApi::Impl::remove(const Call& call) {
    const JobId id = find_own(call).id;
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
