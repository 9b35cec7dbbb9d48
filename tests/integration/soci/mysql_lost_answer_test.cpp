#include "mysql_cases.hpp"

TEST_CASE("lost answers are dealt with on MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("lost answer", needs_mysql);
}
