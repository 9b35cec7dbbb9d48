#include "hanging_server.hpp"
#include "mysql_cases.hpp"

namespace {

using namespace soci_test;

MYSQL_CASE("hang", "executor, client and store can be destroyed while they connect") {
    const MysqlTables tables(needed);
    check_ends_while_connecting(tables.url() + "&connect_timeout=3600");
}

} // namespace
