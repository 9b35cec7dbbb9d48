#pragma once

#include <asyncjobs/time.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A statement's text, and a letter for each of its columns: `t` for a text, `i` for a number.
///
/// Parameters are written `:name`, in lower case.
struct Sql {
    std::string_view text;
    std::string_view columns = {};
};

/// What read_job() and read_summary() expect first.
#define ASYNCJOBS_FIRST_COLUMNS "id, type, queue, owner, status, progress, "

/// What read_job() expects of a SELECT.
#define ASYNCJOBS_JOB_COLUMNS                                                                      \
    ASYNCJOBS_JOB_COLUMNS_OF("input", "metadata", "result", "error", "attempt_errors", "steps")
/// The same with other words for what may be large.
#define ASYNCJOBS_JOB_COLUMNS_OF(input, metadata, result, error, attempt_errors, steps)            \
    ASYNCJOBS_FIRST_COLUMNS                                                                        \
    "message, " input ", " metadata ", " result ", " error ", " attempt_errors                     \
    ", attempt, max_attempts, priority, "                                                          \
    "crashes, fence, revision, worker, unique_key, idempotency_key, limit_key, timeout, "          \
    "retention, created_at, updated_at, "                                                          \
    "coalesce(not_before, run_at), started_at, completed_at, failed_at, "                          \
    "cancelled_at, cancel_requested_at, lease_expires_at, expires_at, deadline, parents, "         \
    "blocked_by, on_parent_failure, cancel_reason, " steps
inline constexpr std::string_view job_columns = "tttttitttttt"
                                                "iiiiiitttt"
                                                "iiiiiiiiiiii"
                                                "iiittt";

/// What read_summary() expects of a SELECT.
#define ASYNCJOBS_SUMMARY_COLUMNS                                                                  \
    ASYNCJOBS_FIRST_COLUMNS                                                                        \
    "revision, created_at, coalesce(not_before, run_at), started_at, expires_at, parents, "        \
    "blocked_by"
inline constexpr std::string_view summary_columns = "ttttt"
                                                    "iiiiiiii";

/// What PurgedJobs reads.
#define ASYNCJOBS_PURGED_COLUMNS "id, parents, owner, expires_at, retention, fence, steps"
inline constexpr std::string_view purged_columns = "titiiit";

/// What read_claimed() expects of a RETURNING or SELECT.
#define ASYNCJOBS_CLAIMED_COLUMNS ASYNCJOBS_CLAIMED_COLUMNS_AT("started_at")
/// The same, where the job's lease began at another time than the row says.
#define ASYNCJOBS_CLAIMED_COLUMNS_AT(time)                                                         \
    "id, fence, type, queue, owner, input, metadata, attempt, max_attempts, crashes, timeout, "    \
    "created_at, deadline - " time ", steps, lost_ahead"
inline constexpr std::string_view claimed_columns = "tittttt"
                                                    "iiiiiiti";
/// `run_at`, and those.
inline constexpr std::string_view due_columns = "i"
                                                "tittttt"
                                                "iiiiiiti";

/// What revision makes a row of job_waiting hold. A scalar subquery, as a join with jobs might be
/// planned as a scan of them. `status` is no condition, as an index of one status might be taken
/// for a better one than the primary key.
#define ASYNCJOBS_REVISION_THAT_WAITS                                                              \
    "(SELECT CASE WHEN status = 'pending' AND created_at = job_created_at THEN revision END"       \
    " FROM jobs WHERE id = job)"

/// When a blocked job is due: at the end of the year 9999, until it is blocked no more. The time
/// that it shall run at itself is in `not_before`, as that of a job which has got its head start
/// is.
inline constexpr Timestamp never_due{Duration{253'402'300'799'999'999}};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
