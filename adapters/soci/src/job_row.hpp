#pragma once

#include "query.hpp"

#include <asyncjobs/job.hpp>
#include <asyncjobs/job_store.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::soci_adapter {

/// Of job_columns.
Job read_job(Row row);

/// Of claimed_columns.
ClaimedJob read_claimed(Row& row);

JobId read_id(Row& row);
JobStatus read_status(Row& row);

/// The text of the column `error`: a JSON object `{"code", "message", "details"}`.
std::string to_text(const JobError& error);
JobError parse_error(const std::string& text);

/// What rescue() records when the crash limit is reached.
JobError worker_lost();

} // namespace asyncjobs::soci_adapter
