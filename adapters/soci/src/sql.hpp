#pragma once

#include <string_view>

namespace asyncjobs::soci_adapter {

/// A statement's text, and a letter for each of its columns: `t` for a text, `i` for a number.
///
/// Parameters are written `:name`, in lower case.
struct Sql {
    std::string_view text;
    std::string_view columns = {};
};

/// What read_job() expects of a SELECT.
#define ASYNCJOBS_JOB_COLUMNS                                                                      \
    "id, type, queue, owner, status, progress, message, input, result, error, attempt_errors, "    \
    "attempt, "                                                                                    \
    "max_attempts, crashes, fence, revision, worker, unique_key, timeout, retention, created_at, " \
    "updated_at, run_at, started_at, completed_at, failed_at, cancelled_at, "                      \
    "cancel_requested_at, lease_expires_at, expires_at"
inline constexpr std::string_view job_columns = "tttttittttt"
                                                "iiiiitt"
                                                "iiiiiiiiiiii";

/// What read_claimed() expects of a RETURNING or SELECT.
#define ASYNCJOBS_CLAIMED_COLUMNS                                                                  \
    "id, fence, type, queue, owner, input, attempt, max_attempts, crashes, timeout, created_at"
inline constexpr std::string_view claimed_columns = "titttt"
                                                    "iiiii";
/// `run_at`, and those.
inline constexpr std::string_view due_columns = "i"
                                                "titttt"
                                                "iiiii";

} // namespace asyncjobs::soci_adapter
