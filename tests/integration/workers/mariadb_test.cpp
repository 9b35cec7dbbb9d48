#include "claimed_ahead.hpp"
#include "needs.hpp"
#include "ordeal.hpp"

#include <doctest/doctest.h>

TEST_CASE("killed workers and a killed MariaDB lose no job and finish none twice" * needs_mariadb) {
    const auto database = workers_test::Database::mysql("mariadb.sh");
    workers_test::check_workers_under_faults(database);
}

TEST_CASE("a killed worker costs no crash to jobs that it had claimed ahead on MariaDB" *
          needs_mariadb) {
    const auto database = workers_test::Database::mysql("mariadb.sh");
    workers_test::check_crashes_of_jobs_claimed_ahead(database);
    workers_test::check_quarantine_of_a_job_claimed_ahead(database);
}
