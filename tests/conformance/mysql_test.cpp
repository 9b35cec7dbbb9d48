#include "mysql_server.hpp"

TEST_CASE("the store on MySQL conforms" * needs_mysql) {
    static const auto tables = std::make_shared<conformance::MysqlStoreTables>(needs_mysql);
    conformance::run(conformance::mysql_stores(tables));
}

TEST_CASE("the store on MySQL conforms while its clock is moved" * needs_mysql) {
    static const auto tables = std::make_shared<conformance::MysqlStoreTables>(needs_mysql);
    const conformance::MovedClock clock;
    conformance::run_with(clock, conformance::mysql_stores(tables, {.clock = clock}));
}
