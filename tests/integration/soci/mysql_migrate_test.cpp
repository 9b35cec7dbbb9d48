#include "mysql_cases.hpp"

TEST_CASE("migrations do not change a host's tables on MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("migrate", needs_mysql);
}
