#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/job_store.hpp>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

/// For authors of stores: what every store does alike.
namespace asyncjobs {

/// What to add to `job.attempt_errors` when the attempt under way has failed.
inline AttemptError attempt_error(const Job& job, const JobError& error, Timestamp at) {
    return {.attempt = job.attempt,
            .at = at,
            .worker = job.worker,
            .code = std::string(detail::shortened(error.code, AttemptError::max_code)),
            .message = std::string(detail::shortened(error.message, AttemptError::max_message))};
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
inline void add_step(Job& job, const Step& step) {
    if (std::ranges::find(job.steps, step.name, &Step::name) == job.steps.end())
        job.steps.push_back(step);
}

/// The progress of a job that is blocked: how many percent of its parents have finished.
constexpr int unblocked_percent(int parents, int blocked_by) noexcept {
    return parents > 0 ? (parents - blocked_by) * 100 / parents : 0;
}

/// Whom the jobs of one submit wait for. A job whose unique key was taken is stood in for by the
/// one that holds it.
class Parents {
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

} // namespace asyncjobs
