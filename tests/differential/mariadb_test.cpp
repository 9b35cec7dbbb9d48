#include "conformance/mysql_server.hpp"
#include "run_on_server.hpp"

TEST_CASE("the store on MariaDB and the model agree" * needs_mariadb) {
    static const soci_test::MysqlTables tables(needs_mariadb);
    static bool are_made = false;
    differential::run_on_server([](const asyncjobs::StoreOptions& options) {
        return conformance::mysql_stores(tables, are_made, options);
    });
}
