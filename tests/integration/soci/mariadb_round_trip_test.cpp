#include "mysql_cases.hpp"

TEST_CASE("calls of a store on MariaDB take few round trips" * needs_mariadb) {
    soci_test::run_mysql_cases("round trips", needs_mariadb);
}
