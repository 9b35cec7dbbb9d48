#include "mysql_cases.hpp"

TEST_CASE("lost responses of MariaDB are handled" * needs_mariadb) {
    soci_test::run_mysql_cases("lost response", needs_mariadb);
}
