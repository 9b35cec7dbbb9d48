#include "databases/mysql_tables.hpp"
#include "same_output.hpp"

TEST_CASE("reading commands print the same from MariaDB and from a server" * needs_mariadb) {
    const soci_test::MysqlTables tables(needs_mariadb);
    cli_test::check_same_output(tables.url());
}
