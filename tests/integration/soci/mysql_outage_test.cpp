#include "mysql_cases.hpp"

TEST_CASE("results survive outages of MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("outage", needs_mysql);
}
