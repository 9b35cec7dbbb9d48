#include "mysql_cases.hpp"

TEST_CASE("the store works on MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("store", needs_mariadb);
}
