#include "lost_answer.hpp"
#include "mysql_cases.hpp"

namespace {

using namespace soci_test;

MYSQL_CASE("lost answer", "a submit whose answer was lost is found when it is repeated") {
    const MysqlTables tables(needed);
    check_submits_with_lost_answers(tables.url(), "COMMIT");
}

MYSQL_CASE("lost answer", "an executor whose answers are lost runs a job once") {
    const MysqlTables tables(needed);
    check_executor_with_lost_answers(tables.url(), "COMMIT");
}

} // namespace
