#pragma once

#include <asyncjobs/job.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Which parts of each job are read. A store may read more.
enum class JobParts {
    all,
    outcome, ///< all but input, steps and attempt_errors
    summary, ///< all but those, metadata, the result and the details of the error
};

/// Which jobs to list, newest first. Empty members match every job.
struct JobQuery {
    static constexpr std::size_t max_limit = 100'000;

    std::optional<std::string> owner = {};
    std::optional<std::string> queue = {};
    std::optional<TypeName> type = {};
    std::optional<JobStatus> status = {};
    bool library_jobs = true; ///< false: without jobs whose type begins with `asyncjobs.`
    std::optional<std::string> idempotency_key = {}; ///< only the job that holds it
    /// Only the parents of this job; a new job with the id of a removed parent counts as one.
    std::optional<JobId> needed_by = {};
    std::optional<JobId> before = {}; ///< continues a listing: only ids smaller than this one
    std::size_t limit = 50;           ///< 1 - max_limit
    JobParts parts = JobParts::all;
};

/// The result of list().
struct JobPage {
    std::vector<Job> jobs = {};
    bool more = false; ///< more jobs match; continue with `before` = the last job's id
};

/// A queue's backlog and running jobs, for estimates and gauges.
struct Workload {
    static constexpr std::size_t count_limit = 1000;

    std::size_t waiting = 0;    ///< due pending jobs, counted up to count_limit
    std::size_t processing = 0; ///< likewise
    /// Mean run time of the type's recently completed jobs. Empty: unknown.
    std::optional<Duration> typical_run = {};
    bool paused = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
