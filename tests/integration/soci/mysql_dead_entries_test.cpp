#include "mysql_cases.hpp"

TEST_CASE("removed rows cost next to nothing on MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("dead entries", needs_mysql);
}
