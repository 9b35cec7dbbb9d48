#pragma once

#include "database.hpp"

namespace workers_test {

/// Kills a worker in the middle of some jobs, with others claimed ahead. Checks which jobs count a
/// crash.
void check_crashes_of_jobs_claimed_ahead(const Database& database);

/// A job that was claimed ahead kills one worker process after the other. Checks that it is
/// quarantined, and that the rest is completed.
void check_quarantine_of_a_job_claimed_ahead(const Database& database);

} // namespace workers_test
