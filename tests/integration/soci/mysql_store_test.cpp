#include "mysql_cases.hpp"

TEST_CASE("the store works on MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("store", needs_mysql);
}
