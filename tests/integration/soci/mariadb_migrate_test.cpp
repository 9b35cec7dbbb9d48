#include "mysql_cases.hpp"

TEST_CASE("migrations do not change a host's tables on MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("migrate", needs_mariadb);
}
