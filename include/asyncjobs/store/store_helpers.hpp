#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/store/capabilities.hpp>
#include <asyncjobs/store/claims.hpp>
#include <asyncjobs/store/limit_buckets.hpp>
#include <asyncjobs/store/operator_store.hpp>
#include <asyncjobs/store/outcomes.hpp>
#include <asyncjobs/store/queries.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// For authors of stores: rules common to every store.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// @{
/// Check the arguments of JobStore's members. Throw Error (Errc::invalid_argument) that names the
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

inline void validate(const JobSearch& search) {
    detail::check_range("limit", search.limit, std::size_t{1}, JobSearch::max_limit);
    detail::check_range("looks", search.looks, std::size_t{1}, JobSearch::max_looks);
    if (search.queue) check_queue(*search.queue);
    if (search.type) detail::check_name("type", *search.type);
    if (search.owner) detail::check_label("owner", *search.owner);
    if (search.worker) check_worker(*search.worker);
    if (search.error_code) detail::check_label("error_code", *search.error_code);
    if (search.key) detail::check_label("key", *search.key);
    if (search.after) detail::check_label("after.queue", search.after->queue);
    // Ids have no other times.
    constexpr Timestamp last{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
    const auto check_time = [&](std::string_view name, const std::optional<Timestamp>& time) {
        if (time)
            detail::check_range<Duration>(name, time->time_since_epoch(), Duration{0},
                                          last.time_since_epoch());
    };
    check_time("created_since", search.created_since);
    check_time("created_until", search.created_until);
}

/// Of OperatorStore::queues(). `after` may be empty, and need not be the name of a queue.
inline void check_queues(std::string_view after, std::size_t limit) {
    detail::check_label("after", after);
    detail::check_range("limit", limit, std::size_t{1}, OperatorStore::max_queues);
}

/// Of the changes of OperatorStore.
inline void check_batch(std::span<const JobId> ids) {
    detail::check_range("the number of ids", ids.size(), std::size_t{0}, OperatorStore::max_batch);
}

/// `type` may be empty if only the queue is of interest.
inline void check_workload(std::string_view queue, std::string_view type) {
    check_queue(queue);
    if (!type.empty()) detail::check_name("type", type);
}

/// @}

/// @{
/// Check that a store with these capabilities can do what is asked of it. Throw Error
/// (Errc::unsupported) that names the argument, its value and the missing capability.
inline void check_supported(const NewJob& job, const StoreCapabilities& has) {
    if (!job.after.empty() && !has.dependencies)
        detail::refuse_unsupported("after", job.after.front().text(), "dependencies");
}

inline void check_supported(std::span<const NewJob> jobs, const StoreCapabilities& has) {
    for (const NewJob& job : jobs) check_supported(job, has);
}

inline void check_supported(std::span<const Limit> limits, const StoreCapabilities& has) {
    if (!limits.empty() && !has.limits)
        detail::refuse_unsupported("the name in limits", limits.front().name, "limits");
}

inline void check_supported(std::span<const Settlement> settlements, const ClaimRequest& request,
                            const StoreCapabilities& has) {
    for (const Settlement& settlement : settlements) check_supported(settlement.follow_ups(), has);
    check_supported(request.limits, has);
}

inline void check_supported(const JobQuery& query, const StoreCapabilities& has) {
    if (query.needed_by && !has.dependencies)
        detail::refuse_unsupported("needed_by", query.needed_by->text(), "dependencies");
}
/// @}

/// A job's state for claims ahead: see JobStore::rescue(). A reported start and an operator's retry
/// reset it.
struct AheadMarks {
    bool claimed = false; ///< by the latest claim, and its start is not reported
    bool lost = false;    ///< ClaimedJob::lost_ahead
};

/// What a claim returns for a job that it has just taken, and leases_of() for one under lease.
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
            .waited = std::max(*job.started_at - job.run_at, Duration::zero()),
            .start_within =
                job.deadline ? std::optional(*job.deadline - *job.started_at) : std::nullopt,
            .steps = job.steps,
            .lost_ahead = ahead.lost};
}

/// How long the tombstone of an expired job stays: for its retention once more, and at least a
/// minute.
inline Timestamp tombstone_until(Timestamp expires_at, Duration retention) {
    return expires_at + std::max(retention, Duration{std::chrono::minutes{1}});
}

/// The order of pending jobs in their queue, before the id: when the job is due and, once it is,
/// earlier by its priority's head start.
constexpr Timestamp claim_time(Timestamp run_at, int priority, Timestamp now) {
    return run_at > now ? run_at : run_at - priority * priority_step;
}

/// Returns whether it changed anything. Progress never decreases.
inline bool advance(Progress& known, const std::optional<Progress>& reported) {
    if (!reported || reported->percent < known.percent || *reported == known) return false;
    known = *reported;
    return true;
}

/// Records the failure of the current attempt: `error` becomes the job's error, and the last of its
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

/// The error of a job that reached the crash limit.
inline JobError worker_lost() {
    return {.code = std::string(error_code::worker_lost),
            .message = "The worker that ran this job was lost.",
            .details = {}};
}

/// Smaller steps back of the clock do not justify a scan of all jobs.
inline constexpr Duration clock_tolerance = std::chrono::seconds{1};

/// For a store whose clock was set back by `by`, and is `now`: moves back times that were stored
/// since then by the old clock; returns false if none was. A wait of at most `by` keeps its length.
/// The end of a longer one stays, as it may be a requested time: so no wait becomes longer than
/// twice its length.
///
/// A lease is not moved by `by`, as it may have been renewed since, or for longer: one that ends
/// later than `lease_for` from now, the duration of the latest claim or renewal, ends then. So a
/// live holder does not lose it, whichever process calls this and however often, and the job of a
/// lost one is rescued within that time.
///
/// `created_at`, `started_at` and `finished_at`, which clients read, do not change.
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

/// The error of a job whose parent did not complete; its message is the reason if the job is
/// cancelled.
inline JobError parent_failed(const JobId& parent, JobStatus status) {
    return {.code = std::string(error_code::parent_failed),
            .message = "It waited for " + std::string(parent.text()) +
                       (status == JobStatus::failed ? ", which failed." : ", which was cancelled."),
            .details = {}};
}

/// Adds the step of a heartbeat. A heartbeat repeated after a lost reply adds nothing.
inline void add_step(std::vector<Step>& steps, const Step& step) {
    if (std::ranges::find(steps, step.name, &Step::name) == steps.end()) steps.push_back(step);
}

/// The progress that readers see: for a blocked job, the percentage of its parents that have
/// finished.
inline int shown_percent(const Job& job) {
    if (job.blocked_by == 0) return job.progress.percent;
    return (job.parents - job.blocked_by) * 100 / std::max(1, job.parents);
}

/// What JobStore::find() returns, or list() of a query for `parts`.
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
                .keep_failed = job.keep_failed,
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

/// Whether a list by `query` may show the job, by all members but `needed_by` and `limit`.
inline bool matches(const Job& job, const JobQuery& query) {
    return (!query.owner || job.owner == *query.owner) &&
           (!query.queue || job.queue == *query.queue) &&
           (!query.type || job.type == *query.type) &&
           (query.library_jobs || !detail::is_library_type(job.type)) &&
           (!query.idempotency_key || job.idempotency_key == query.idempotency_key) &&
           (!query.status || job.status == *query.status) &&
           (!query.before || job.id < *query.before);
}

/// Whether a search may show the job, by all members but those about dependencies, `after`, and the
/// limits.
inline bool matches(const Job& job, const JobSearch& search) {
    const auto has_key = [&](const std::string& key) {
        return job.idempotency_key == key || (job.unique_key == key && !is_finished(job.status));
    };
    return (search.statuses.empty() ||
            std::ranges::find(search.statuses, job.status) != search.statuses.end()) &&
           (!search.queue || job.queue == *search.queue) &&
           (!search.type || job.type == *search.type) &&
           (!search.owner || job.owner == *search.owner) &&
           (!search.worker || job.worker == *search.worker) &&
           (!search.error_code || (job.error && job.error->code == *search.error_code)) &&
           (!search.key || has_key(*search.key)) && created_ids(search).contains(job.id) &&
           (search.library_jobs || !detail::is_library_type(job.type));
}

/// A wait in this bucket: its limit, and what it counts jobs for. Of a worker's own limit only the
/// name is known.
inline LimitWait limit_wait_in(std::string_view bucket, std::span<const Limit> limits) {
    const std::string_view name = bucket.substr(0, bucket.find_first_of("=@"));
    LimitWait wait;
    const Limit* limit = LimitsOfClaim(limits, {}, {}).limit_of(bucket);
    if (!limit) {
        wait.limit.name = name;
        return wait;
    }
    wait.limit = *limit;
    if (name.size() < bucket.size()) wait.counted_for = bucket.substr(name.size() + 1);
    return wait;
}

/// What JobStore::find_summaries() returns.
inline Job summary_of(const Job& job) {
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

/// The parents of the jobs of one submit. A job whose idempotency key or unique key was taken
/// stands for the holder of that key.
class ASYNCJOBS_DECL Parents {
public:
    /// Records the outcome of a job that precedes its dependents.
    void submitted(const NewJob& job, const Submitted& outcome) {
        if (outcome.id != job.id && outcome.outcome != Submitted::Outcome::parent_missing)
            holders_.emplace(job.id, outcome.id);
    }

    /// Each parent once.
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
