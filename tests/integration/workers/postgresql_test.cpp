#include "needs.hpp"
#include "ordeal.hpp"

#include <doctest/doctest.h>

TEST_CASE("killed workers and a killed PostgreSQL lose no job and finish none twice" *
          needs_postgresql) {
    const auto database = workers_test::Database::postgresql();
    workers_test::check_workers_under_faults(database);
}
