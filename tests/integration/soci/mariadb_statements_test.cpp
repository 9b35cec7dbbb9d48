#include "mysql_cases.hpp"

TEST_CASE("MariaDB prepares every statement" * needs_mariadb) {
    soci_test::run_mysql_cases("statements", needs_mariadb);
}
