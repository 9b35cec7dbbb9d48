#include "mysql_cases.hpp"

TEST_CASE("a host's transactions work on MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("host", needs_mysql);
}
