#include "mysql_cases.hpp"

TEST_CASE("a host's transactions work on MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("host", needs_mariadb);
}
