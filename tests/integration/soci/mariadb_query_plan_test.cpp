#include "mysql_cases.hpp"

TEST_CASE("no statement scans the table on MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("query plan", needs_mariadb);
}
