#pragma once

#include <asyncjobs/job.hpp>
#include <asyncjobs/limits.hpp>
#include <asyncjobs/store/count.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The limit that holds a pending job back.
struct LimitWait {
    Limit limit = {};
    std::string counted_for =
        {};               ///< the owner or the key whose jobs count together; see LimitScope
    Count before = {};    ///< the jobs that wait for the same, and come first
    std::size_t held = 0; ///< slots in use; 0 if the limit has no `concurrency`
    std::vector<JobId> holders = {};          ///< some jobs that hold them: JobWait::most_jobs
    std::optional<Timestamp> next_start = {}; ///< by the limit's rate
};

/// The living workers that could run a job: they serve its queue, and have a handler for its type.
/// None of them would start it now.
struct WorkerWait {
    std::size_t workers = 0;
    std::size_t quiet = 0; ///< that claim nothing: by order, or because they stop
    std::size_t busy = 0;  ///< of the others: as many jobs run there as may

    friend bool operator==(const WorkerWait&, const WorkerWait&) = default;
};

/// What a pending job waits for. Members that are empty or 0 are no reason.
struct JobWait {
    static constexpr std::size_t most_jobs = 10; ///< in a list of this

    JobStatus status = JobStatus::pending; ///< of other jobs, only this and `now` are set
    Timestamp now = {};                    ///< by the store's clock
    std::string queue = {};
    std::string type = {};
    std::optional<Timestamp> paused_since = {}; ///< its queue
    std::optional<Timestamp> not_before = {};   ///< a time that lies in the future
    std::size_t blocked_by = 0;                 ///< parents that have not finished
    std::vector<JobId> parents = {};            ///< some of those
    std::optional<LimitWait> limit = {};
    Count before = {}; ///< due jobs of its queue that come first, if the job is due
    std::optional<WorkerWait> workers = {}; ///< by their reports, if the job is due
};

/// Returns the reasons as one sentence in English, the first that has to pass first.
ASYNCJOBS_DECL std::string describe(const JobWait& wait);

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/job_wait.ipp>
#endif
