#include "mysql_cases.hpp"

TEST_CASE("a host's transactions work on the client library's handle of MariaDB" * needs_mariadb) {
    soci_test::run_mysql_cases("host_handle", needs_mariadb);
}
