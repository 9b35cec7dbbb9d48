#include "mysql_cases.hpp"

TEST_CASE("no statement scans the table on MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("query plan", needs_mysql);
}
