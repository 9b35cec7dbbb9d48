#include "conformance_check.hpp"

#include <asyncjobs/detail/text_rules.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <latch>
#include <mutex>
#include <thread>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

std::string show(std::string_view text) {
    constexpr std::size_t shown = 200;
    const auto front = asyncjobs::detail::printable(text.substr(0, shown));
    return text.size() <= shown ? fmt::format("\"{}\"", front)
                                : fmt::format("\"{}...\" ({} bytes)", front, text.size());
}

std::string show(const std::string& text) { return show(std::string_view(text)); }
std::string show(JobStatus status) { return std::string(to_string(status)); }

std::string show(Submitted::Outcome outcome) { return std::string(to_string(outcome)); }

std::string show(OnParentFailure policy) {
    switch (policy) {
    case OnParentFailure::cancel:
        return "cancel";
    case OnParentFailure::fail:
        return "fail";
    case OnParentFailure::run:
        return "run";
    }
    return "no policy";
}

std::string show(const Step& step) {
    return fmt::format("{} {}", show(step.name), show(step.result));
}

std::string show(CancelOutcome outcome) { return std::string(to_string(outcome)); }

std::string show(RetryOutcome outcome) { return std::string(to_string(outcome)); }
std::string show(RunNowOutcome outcome) { return std::string(to_string(outcome)); }

std::string show(RemoveOutcome outcome) { return std::string(to_string(outcome)); }

std::string show(const JobId& id) { return std::string(id.text()); }
std::string show(const LeaseRef& lease) {
    return fmt::format("fence {} of {}", lease.fence, lease.id.text());
}
std::string show(Duration duration) { return fmt::format("{} us", duration.count()); }
std::string show(Timestamp time) { return to_rfc3339(time); }
std::string show(const JsonText& text) { return show(text.text()); }

std::string show(const Progress& progress) {
    return fmt::format("{} % {}", progress.percent, show(progress.message));
}

std::string show(const JobError& error) {
    return fmt::format("{} {} {}", show(error.code), show(error.message), show(error.details));
}

std::string show(const AttemptError& error) {
    return fmt::format("attempt {} at {} by {}: {} {}", error.attempt, show(error.at),
                       show(error.worker), show(error.code), show(error.message));
}

std::string show(const Count& count) { return to_string(count); }

void expect_same(const Job& found, const Job& expected, std::string_view when) {
    const auto same = [&](std::string_view name, auto Job::*member) {
        expect_equal(found.*member, expected.*member, fmt::format("{} {}", name, when));
    };
    same("id", &Job::id);
    same("type", &Job::type);
    same("queue", &Job::queue);
    same("owner", &Job::owner);
    same("priority", &Job::priority);
    same("status", &Job::status);
    same("progress", &Job::progress);
    same("input", &Job::input);
    same("metadata", &Job::metadata);
    same("result", &Job::result);
    same("error", &Job::error);
    same("attempt_errors", &Job::attempt_errors);
    same("steps", &Job::steps);
    same("attempt", &Job::attempt);
    same("max_attempts", &Job::max_attempts);
    same("crashes", &Job::crashes);
    same("fence", &Job::fence);
    same("revision", &Job::revision);
    same("worker", &Job::worker);
    same("unique_key", &Job::unique_key);
    same("idempotency_key", &Job::idempotency_key);
    same("limit_key", &Job::limit_key);
    same("parents", &Job::parents);
    same("blocked_by", &Job::blocked_by);
    same("on_parent_failure", &Job::on_parent_failure);
    same("cancel_reason", &Job::cancel_reason);
    same("timeout", &Job::timeout);
    same("retention", &Job::retention);
    same("keep_failed", &Job::keep_failed);
    same("created_at", &Job::created_at);
    same("updated_at", &Job::updated_at);
    same("run_at", &Job::run_at);
    same("deadline", &Job::deadline);
    same("started_at", &Job::started_at);
    same("finished_at", &Job::finished_at);
    same("cancel_requested_at", &Job::cancel_requested_at);
    same("lease_expires_at", &Job::lease_expires_at);
    same("expires_at", &Job::expires_at);
}

Scene::Scene(const StoreFactory& factory) : factory_(factory) {
    if (factory_.reset) factory_.reset();
    store_ = factory_.open();
    expect(store_ != nullptr, "the factory to open a store");
    capabilities_ = store_->capabilities();
}

OperatorStore& Scene::operators() {
    OperatorStore* found = store_->operators();
    expect(found != nullptr, "the store to have operators()");
    return *found;
}

JobId Scene::fresh_id() {
    ++ids_;
    return JobId::make(long_ago + Duration{static_cast<Duration::rep>(ids_)}, ids_, ~ids_);
}

NewJob Scene::filled(NewJob job) {
    if (job.id == JobId()) job.id = fresh_id();
    if (job.type.empty()) job.type = "test";
    return job;
}

JobId Scene::submit(NewJob job) {
    const NewJob wanted = filled(std::move(job));
    const auto results = store_->submit({&wanted, 1});
    expect_equal(results.size(), 1, "outcomes of a submit of one job");
    expect_equal(results[0].outcome, Submitted::Outcome::created, "outcome of a submit");
    expect_equal(results[0].id, wanted.id, "id returned by a submit");
    return wanted.id;
}

std::vector<JobId> Scene::submit(std::size_t count, const NewJob& job) {
    std::vector<NewJob> jobs;
    std::vector<JobId> ids;
    for (std::size_t i = 0; i < count; ++i) {
        jobs.push_back(filled(job));
        ids.push_back(jobs.back().id);
    }
    const auto results = store_->submit(jobs);
    expect_equal(results.size(), count, "outcomes of a submit");
    for (const auto& result : results)
        expect_equal(result.outcome, Submitted::Outcome::created, "outcome of a submit");
    return ids;
}

std::optional<Job> Scene::find(const JobId& id) {
    auto found = store_->find({&id, 1});
    expect_equal(found.size(), 1, "results of a find of one id");
    return std::move(found[0]);
}

Job Scene::job(const JobId& id) {
    auto found = find(id);
    if (!found) fail(fmt::format("find {}: expected a job, found nothing", id.text()));
    return *std::move(found);
}

ClaimedJob Scene::claim_one(const std::string& queue, Duration lease_for, std::string_view worker) {
    const std::vector<std::string> queues = {queue};
    auto result =
        store_->claim({.worker = worker, .queues = queues, .limit = 100, .lease_for = lease_for});
    expect_equal(result.claimed.size(), 1, "jobs claimed from a queue with one due job");
    return std::move(result.claimed[0]);
}

std::vector<ClaimedJob> Scene::claim(std::size_t limit, const std::vector<std::string>& queues) {
    return store_
        ->claim({.worker = "worker", .queues = queues, .limit = limit, .lease_for = long_lease})
        .claimed;
}

ClaimedJob Scene::running(NewJob job, Duration lease_for) {
    const auto queue = job.queue;
    submit(std::move(job));
    return claim_one(queue, lease_for);
}

Settled Scene::settle(const Settlement& settlement) {
    const auto results = store_->settle({&settlement, 1});
    expect_equal(results.size(), 1, "outcomes of one settlement");
    return results[0];
}

void Scene::accept(const Settlement& settlement) {
    expect(settle(settlement).accepted, "the settlement to be accepted");
}

Renewal Scene::renew(const LeaseRef& lease, std::optional<Progress> progress, Duration lease_for) {
    const Heartbeat heartbeat{.lease = lease, .progress = std::move(progress)};
    const auto results = store_->renew({&heartbeat, 1}, lease_for);
    expect_equal(results.size(), 1, "outcomes of one heartbeat");
    return results[0];
}

Rescued Scene::rescue_one(int crash_limit) {
    const auto rescued = store_->rescue(100, crash_limit);
    expect_equal(rescued.size(), 1, "jobs rescued after one lease has expired");
    return rescued[0];
}

JobId Scene::completed(NewJob job) {
    const auto claimed = running(std::move(job));
    accept(Settlement::completed(claimed.lease, JsonText::parse(R"({"done":true})")));
    return claimed.lease.id;
}

JobId Scene::failed(NewJob job) {
    const auto claimed = running(std::move(job));
    accept(Settlement::failed(claimed.lease, {.code = "E1", .message = "no"}));
    return claimed.lease.id;
}

JobId Scene::cancelled(NewJob job) {
    const auto id = submit(std::move(job));
    expect_equal(store_->cancel(id, {}), CancelOutcome::cancelled, "cancel of a pending job");
    return id;
}

std::vector<JobId> newest_first(std::vector<JobId> ids) {
    std::sort(ids.begin(), ids.end(), std::greater<>());
    return ids;
}

std::vector<JobId> ids_of(const std::vector<ClaimedJob>& jobs) {
    std::vector<JobId> ids;
    for (const auto& job : jobs) ids.push_back(job.lease.id);
    return ids;
}

std::vector<JobId> ids_of(const std::vector<Job>& jobs) {
    std::vector<JobId> ids;
    for (const auto& job : jobs) ids.push_back(job.id);
    return ids;
}

void race(std::size_t threads, const std::function<void(std::size_t)>& act) {
    std::latch start(static_cast<std::ptrdiff_t>(threads));
    std::mutex mutex;
    std::exception_ptr failure;
    {
        std::vector<std::jthread> runners;
        for (std::size_t i = 0; i < threads; ++i)
            runners.emplace_back([&, i] {
                try {
                    start.count_down();
                    while (!start.try_wait()) std::this_thread::yield();
                    act(i);
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    failure = std::current_exception();
                }
            });
    }
    if (failure) std::rethrow_exception(failure);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
