#include "mysql_server.hpp"

TEST_CASE("the store on MariaDB conforms" * needs_mariadb) {
    static const soci_test::MysqlTables tables(needs_mariadb);
    static bool are_made = false;
    conformance::run_on_mysql(tables, are_made);
}
