#include "mysql_server.hpp"

TEST_CASE("the store on MySQL conforms" * needs_mysql) {
    static const soci_test::MysqlTables tables(needs_mysql);
    static bool are_made = false;
    conformance::run(conformance::mysql_stores(tables, are_made));
}

TEST_CASE("the store on MySQL conforms while its clock is moved" * needs_mysql) {
    static const soci_test::MysqlTables tables(needs_mysql);
    static bool are_made = false;
    const conformance::MovedClock clock;
    conformance::run_with(clock, conformance::mysql_stores(tables, are_made, {.clock = clock}));
}
