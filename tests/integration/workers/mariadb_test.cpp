#include "ordeal.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

TEST_CASE("killed workers and a killed MariaDB lose no job and finish none twice") {
    if (!std::getenv("ASYNCJOBS_TEST_MYSQL")) {
        MESSAGE("skipped: ASYNCJOBS_TEST_MYSQL names no server; see tests/servers");
        return;
    }
    const auto database = workers_test::Database::mariadb();
    workers_test::check_workers_under_faults(database);
}
