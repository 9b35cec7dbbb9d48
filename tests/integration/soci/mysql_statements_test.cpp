#include "mysql_cases.hpp"

TEST_CASE("MySQL prepares every statement" * needs_mysql) {
    soci_test::run_mysql_cases("statements", needs_mysql);
}
