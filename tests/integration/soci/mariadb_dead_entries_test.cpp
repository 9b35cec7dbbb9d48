#include "mysql_cases.hpp"

TEST_CASE("removed rows cost next to nothing on MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("dead entries", needs_mariadb);
}
