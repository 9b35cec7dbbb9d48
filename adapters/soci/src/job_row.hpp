#pragma once

#include "query.hpp"

#include <asyncjobs/job.hpp>
#include <asyncjobs/job_store.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::soci_adapter {

/// What read_job() expects of a SELECT.
#define ASYNCJOBS_JOB_COLUMNS                                                                      \
    "id, type, queue, owner, status, progress, message, input, result, error, attempt, "           \
    "max_attempts, crashes, fence, revision, worker, unique_key, timeout, retention, created_at, " \
    "updated_at, run_at, started_at, completed_at, failed_at, cancelled_at, "                      \
    "cancel_requested_at, lease_expires_at, expires_at"
inline constexpr std::string_view job_columns = "tttttitttt"
                                                "iiiiitt"
                                                "iiiiiiiiiiii";
Job read_job(Row row);

/// What read_claimed() expects of a RETURNING or SELECT.
#define ASYNCJOBS_CLAIMED_COLUMNS                                                                  \
    "id, fence, type, queue, owner, input, attempt, max_attempts, crashes, timeout, created_at"
inline constexpr std::string_view claimed_columns = "titttt"
                                                    "iiiii";
ClaimedJob read_claimed(Row& row);

JobId read_id(Row& row);
JobStatus read_status(Row& row);

/// The text of the column `error`: a JSON object `{"code", "message", "details"}`.
std::string to_text(const JobError& error);
JobError parse_error(const std::string& text);

/// What rescue() records when the crash limit is reached.
JobError worker_lost();

} // namespace asyncjobs::soci_adapter
