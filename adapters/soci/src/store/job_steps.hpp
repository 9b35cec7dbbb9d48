#pragma once

#include "db/session.hpp"
#include "statements/row_statements.hpp"

#include <asyncjobs/job.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <optional>
#include <span>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

// A step is a row of job_steps, so that only a single one must fit in the database's largest
// statement. The column `steps` of jobs is the number of the latest, as text; null: the job has
// none, and costs no extra statement.

/// Reads the steps of those jobs that have some, according to read_job() or read_claimed().
void read_steps(Session& session, const RowStatements& sql, std::span<ClaimedJob> jobs);
void read_steps(Session& session, const RowStatements& sql, std::span<Job> jobs);
void read_steps(Session& session, const RowStatements& sql, std::span<std::optional<Job>> jobs);

/// Deletes the steps of these jobs.
void forget_steps(Session& session, const RowStatements& sql, std::span<const JobId> ids);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
