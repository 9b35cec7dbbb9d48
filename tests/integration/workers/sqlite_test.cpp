#include "claimed_ahead.hpp"
#include "ordeal.hpp"

#include "scratch_directory.hpp"

#include <doctest/doctest.h>

TEST_CASE("workers that are killed or stopped lose no job of a SQLite file and finish none twice") {
    const ScratchDirectory folder;
    const auto database = workers_test::Database::sqlite(folder / "jobs.db");
    workers_test::check_workers_under_faults(database);
}

TEST_CASE("a killed worker costs no crash to jobs that it had claimed ahead on SQLite") {
    const ScratchDirectory folder;
    const auto database = workers_test::Database::sqlite(folder / "jobs.db");
    workers_test::check_crashes_of_jobs_claimed_ahead(database);
    workers_test::check_quarantine_of_a_job_claimed_ahead(database);
}
