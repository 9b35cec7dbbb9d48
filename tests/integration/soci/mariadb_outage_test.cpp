#include "mysql_cases.hpp"

TEST_CASE("results survive outages of MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("outage", needs_mariadb);
}
