#include "needs.hpp"
#include "ordeal.hpp"

#include <doctest/doctest.h>

TEST_CASE("killed workers and a killed MySQL lose no job and finish none twice" * needs_mysql) {
    const auto database = workers_test::Database::mysql("mysql.sh");
    workers_test::check_workers_under_faults(database);
}
