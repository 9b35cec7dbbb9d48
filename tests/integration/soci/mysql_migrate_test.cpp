#include "mysql_cases.hpp"

TEST_CASE("migrations leave a host's tables alone on MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("migrate", needs_mysql);
}
