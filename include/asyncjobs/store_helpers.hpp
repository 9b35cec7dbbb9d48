#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/job_store.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// For authors of stores: what every store does alike.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The arguments of JobStore's members. These throw Error (Errc::invalid_argument), which names the
/// argument, its value and the rule.
inline void check_limit(std::size_t limit) {
    detail::check_range<std::size_t>("limit", limit, 0, 1'000'000);
}
inline void check_lease_for(Duration lease_for) {
    detail::check_range<Duration>("lease_for", lease_for, Duration{0}, std::chrono::days{365});
}
inline void check_rescue(std::size_t limit, int crash_limit) {
    check_limit(limit);
    detail::check_range("crash_limit", crash_limit, 1, std::numeric_limits<int>::max());
}
inline void check_queue(std::string_view queue) { detail::check_name("queue", queue); }
inline void check_worker(std::string_view worker) { detail::check_label("worker", worker); }

inline void validate(const ClaimRequest& request) {
    check_limit(request.limit);
    check_lease_for(request.lease_for);
    check_worker(request.worker);
    for (const std::string& queue : request.queues) check_queue(queue);
    for (const Limit& limit : request.limits) validate(limit);
}

inline void validate(const JobQuery& query) {
    detail::check_range("limit", query.limit, std::size_t{1}, JobQuery::max_limit);
    if (query.owner) detail::check_label("owner", *query.owner);
    if (query.queue) check_queue(*query.queue);
    if (query.type) detail::check_name("type", *query.type);
    if (query.idempotency_key) detail::check_label("idempotency_key", *query.idempotency_key);
}

/// `type` may be empty, where only the queue is of interest.
inline void check_workload(std::string_view queue, std::string_view type) {
    check_queue(queue);
    if (!type.empty()) detail::check_name("type", type);
}

/// What a store keeps with a job about claims ahead: see JobStore::rescue(). A reported start and
/// an operator's retry reset it.
struct AheadMarks {
    bool claimed = false; ///< by the latest claim, and its start is not reported
    bool lost = false;    ///< ClaimedJob::lost_ahead
};

/// What a claim answers of a job that it has just taken, and held() of one under lease.
inline ClaimedJob claimed_job(const Job& job, const AheadMarks& ahead) {
    return {.lease = {job.id, job.fence},
            .type = job.type,
            .queue = job.queue,
            .owner = job.owner,
            .input = job.input,
            .metadata = job.metadata,
            .attempt = job.attempt,
            .max_attempts = job.max_attempts,
            .crashes = job.crashes,
            .timeout = job.timeout,
            .created_at = job.created_at,
            .start_within =
                job.deadline ? std::optional(*job.deadline - *job.started_at) : std::nullopt,
            .steps = job.steps,
            .lost_ahead = ahead.lost};
}

/// How long it is known that an expired job was there: as long again as it was kept once it had
/// finished, and a minute at least.
inline Timestamp tombstone_until(Timestamp expires_at, Duration retention) {
    return expires_at + std::max(retention, Duration{std::chrono::minutes{1}});
}

/// By what a pending job stands in its queue, before the id: when it is due and, once it is, so
/// much earlier as its priority is worth.
constexpr Timestamp claim_time(Timestamp run_at, int priority, Timestamp now) {
    return run_at > now ? run_at : run_at - priority * priority_step;
}

/// Answers whether it changed anything. Progress never goes back.
inline bool advance(Progress& known, const std::optional<Progress>& reported) {
    if (!reported || reported->percent < known.percent || *reported == known) return false;
    known = *reported;
    return true;
}

/// The attempt under way has failed: `error` is the job's last one, and the end of its
/// attempt_errors.
inline void record_error(Job& job, JobError error, Timestamp at) {
    job.attempt_errors.push_back(
        {.attempt = job.attempt,
         .at = at,
         .worker = job.worker,
         .code = std::string(detail::shortened(error.code, AttemptError::max_code)),
         .message = std::string(detail::shortened(error.message, AttemptError::max_message))});
    job.error = std::move(error);
}

/// Of a job that reached the crash limit.
inline JobError worker_lost() {
    return {.code = std::string(error_code::worker_lost),
            .message = "The worker that ran this job was lost.",
            .details = {}};
}

/// A clock that goes back by less is not worth a look at all jobs.
inline constexpr Duration clock_tolerance = std::chrono::seconds{1};

/// For a store whose clock was set back by `by`, and is `now`: what was stored since then, by the
/// clock as it was, is moved back; false if the job was not. A wait that is no longer than `by`
/// stays as long as it was. The end of a longer one stays where it is, as it may be a time that was
/// asked for: so no wait gets longer than twice what it was.
///
/// A lease is not moved by `by`, as it may have been renewed since, or for longer than that: one
/// that ends later than `lease_for` from now, which is how long the latest claim or renewal gave it
/// for, ends then. So a holder that lives does not lose it, whoever calls this and however often,
/// and the job of one that was lost is rescued within that time.
///
/// What clients read, `created_at`, `started_at` and `finished_at`, stays what the clock said.
inline bool follow_clock(Job& job, Duration lease_for, Duration by, Timestamp now) {
    const bool is_shortened = job.lease_expires_at && *job.lease_expires_at > now + lease_for;
    if (is_shortened) job.lease_expires_at = now + lease_for;
    if (job.updated_at <= now) return is_shortened;
    const Timestamp longest = job.updated_at + by;
    if (job.run_at <= longest) job.run_at -= by;
    if (job.deadline && *job.deadline <= longest) *job.deadline -= by;
    if (job.expires_at) *job.expires_at -= by;
    job.updated_at -= by;
    return true;
}

/// What rescue() does to crashes, the attempt, the error and the lease. Returns whether the job
/// fails.
inline bool lose_worker(Job& job, AheadMarks& ahead, int crash_limit, Timestamp now) {
    const bool is_crash = !ahead.claimed;
    if (is_crash) ++job.crashes;
    ahead.lost = ahead.claimed;
    const bool fails = is_crash && job.crashes >= crash_limit;
    if (fails) record_error(job, worker_lost(), now);
    job.attempt = std::max(job.attempt - 1, 0);
    job.lease_expires_at.reset();
    return fails;
}

/// Of a job whose parent did not complete; as the reason, the message alone, where it is cancelled.
inline JobError parent_failed(const JobId& parent, JobStatus status) {
    return {.code = std::string(error_code::parent_failed),
            .message = "It waited for " + std::string(parent.text()) +
                       (status == JobStatus::failed ? ", which failed." : ", which was cancelled."),
            .details = {}};
}

/// Of a heartbeat. One that comes again, as its answer was lost, is there already.
inline void add_step(std::vector<Step>& steps, const Step& step) {
    if (std::ranges::find(steps, step.name, &Step::name) == steps.end()) steps.push_back(step);
}

/// The progress that readers see: of a job that is blocked, how many percent of its parents have
/// finished.
inline int shown_percent(const Job& job) {
    if (job.blocked_by == 0) return job.progress.percent;
    return (job.parents - job.blocked_by) * 100 / std::max(1, job.parents);
}

/// What JobStore::find() answers, or list() of a query for `parts`.
inline Job snapshot(const Job& job, JobParts parts = JobParts::all) {
    Job copy = {.id = job.id,
                .type = job.type,
                .queue = job.queue,
                .owner = job.owner,
                .priority = job.priority,
                .status = job.status,
                .progress = {.percent = shown_percent(job), .message = job.progress.message},
                .attempt = job.attempt,
                .max_attempts = job.max_attempts,
                .crashes = job.crashes,
                .fence = job.fence,
                .revision = job.revision,
                .worker = job.worker,
                .unique_key = job.unique_key,
                .idempotency_key = job.idempotency_key,
                .limit_key = job.limit_key,
                .parents = job.parents,
                .blocked_by = job.blocked_by,
                .on_parent_failure = job.on_parent_failure,
                .cancel_reason = job.cancel_reason,
                .timeout = job.timeout,
                .retention = job.retention,
                .created_at = job.created_at,
                .updated_at = job.updated_at,
                .run_at = job.run_at,
                .deadline = job.deadline,
                .started_at = job.started_at,
                .finished_at = job.finished_at,
                .cancel_requested_at = job.cancel_requested_at,
                .lease_expires_at = job.lease_expires_at,
                .expires_at = job.expires_at};
    if (parts == JobParts::summary) {
        if (job.error)
            copy.error = {.code = job.error->code, .message = job.error->message, .details = {}};
        return copy;
    }
    copy.metadata = job.metadata;
    copy.result = job.result;
    copy.error = job.error;
    if (parts == JobParts::outcome) return copy;
    copy.input = job.input;
    copy.steps = job.steps;
    copy.attempt_errors = job.attempt_errors;
    return copy;
}

/// What JobStore::glance() answers.
inline Job glance_at(const Job& job) {
    return {.id = job.id,
            .type = job.type,
            .queue = job.queue,
            .owner = job.owner,
            .status = job.status,
            .progress = {.percent = shown_percent(job)},
            .revision = job.revision,
            .created_at = job.created_at,
            .run_at = job.run_at,
            .started_at = job.started_at,
            .expires_at = job.expires_at};
}

/// Whom the jobs of one submit wait for. A job whose idempotency key or unique key was taken is
/// stood in for by the one that has it.
class ASYNCJOBS_DECL Parents {
public:
    /// The answer to a job that comes before those which wait for it.
    void submitted(const NewJob& job, const Submitted& answer) {
        if (answer.id != job.id && answer.outcome != Submitted::Outcome::parent_missing)
            holders_.emplace(job.id, answer.id);
    }

    /// Each of them once.
    std::vector<JobId> of(const NewJob& job) const {
        auto parents = job.after;
        if (holders_.empty()) return parents;
        for (JobId& parent : parents)
            if (const auto holder = holders_.find(parent); holder != holders_.end())
                parent = holder->second;
        std::ranges::sort(parents);
        parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
        return parents;
    }

private:
    std::unordered_map<JobId, JobId> holders_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
