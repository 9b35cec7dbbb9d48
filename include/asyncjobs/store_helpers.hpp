#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/job_store.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// For authors of stores: what every store does alike.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What a claim answers of a job that it has just taken, and held() of one under lease.
inline ClaimedJob claimed_job(const Job& job) {
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
            .steps = job.steps};
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

/// What JobStore::find() answers.
inline Job snapshot(const Job& job) {
    Job copy = job;
    copy.progress.percent = shown_percent(job);
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
