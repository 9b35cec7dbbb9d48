#include "lost_answer.hpp"

#include "databases/mysql_tables.hpp"

#include <doctest/doctest.h>

namespace {

using namespace soci_test;

TEST_CASE("on MySQL a submit whose answer was lost is found when it is repeated" * needs_mysql) {
    const MysqlTables tables;
    check_submits_with_lost_answers(tables.url(), "COMMIT");
}

TEST_CASE("on MySQL an executor whose answers are lost runs a job once" * needs_mysql) {
    const MysqlTables tables;
    check_executor_with_lost_answers(tables.url(), "COMMIT");
}

} // namespace
