#include "mysql_cases.hpp"

TEST_CASE("executor, client and store can be destroyed while they connect to MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("hang", needs_mysql);
}
