#include "databases/mysql_tables.hpp"
#include "same_output.hpp"

TEST_CASE("reading commands print the same from MySQL and from a server" * needs_mysql) {
    const soci_test::MysqlTables tables(needs_mysql);
    cli_test::check_same_output(tables.url());
}
