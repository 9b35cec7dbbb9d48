#include "mysql_cases.hpp"

TEST_CASE("lost answers are dealt with on MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("lost answer", needs_mariadb);
}
