#include "mysql_cases.hpp"

TEST_CASE("lost responses of MySQL are handled" * needs_mysql) {
    soci_test::run_mysql_cases("lost response", needs_mysql);
}
