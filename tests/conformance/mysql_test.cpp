#include "mysql_server.hpp"

TEST_CASE("the store on MySQL conforms" * needs_mysql) {
    static const soci_test::MysqlTables tables(needs_mysql);
    static bool are_made = false;
    conformance::run_on_mysql(tables, are_made);
}
