#include "mysql_cases.hpp"

TEST_CASE("calls of a store on MySQL take few round trips" * needs_mysql) {
    soci_test::run_mysql_cases("round trips", needs_mysql);
}
