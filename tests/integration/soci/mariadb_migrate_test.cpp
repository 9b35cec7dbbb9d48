#include "mysql_cases.hpp"

TEST_CASE("migrations leave a host's tables alone on MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("migrate", needs_mariadb);
}
