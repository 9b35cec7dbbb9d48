#include "mysql_server.hpp"

TEST_CASE("the store on MariaDB conforms" * needs_mariadb) {
    static const auto tables = std::make_shared<conformance::MysqlStoreTables>(needs_mariadb);
    conformance::run(conformance::mysql_stores(tables));
}

TEST_CASE("the store on MariaDB conforms while its clock is moved" * needs_mariadb) {
    static const auto tables = std::make_shared<conformance::MysqlStoreTables>(needs_mariadb);
    const conformance::MovedClock clock;
    conformance::run_with(clock, conformance::mysql_stores(tables, {.clock = clock}));
}
