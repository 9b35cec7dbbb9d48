#pragma once

#include "database.hpp"

namespace workers_test {

/// Kills a worker in the middle of some jobs, with others claimed ahead. Checks which of them count
/// a crash.
void check_crashes_of_jobs_claimed_ahead(const Database& database);

/// Has a worker process after the other killed by a job that was claimed ahead. Checks that it is
/// quarantined, and all others completed.
void check_quarantine_of_a_job_claimed_ahead(const Database& database);

} // namespace workers_test
