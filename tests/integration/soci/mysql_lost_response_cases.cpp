#include "lost_response.hpp"
#include "mysql_cases.hpp"

namespace {

using namespace soci_test;

MYSQL_CASE("lost response", "a repeated submit finds the job whose response was lost") {
    const MysqlTables tables(needed);
    check_submits_with_lost_responses(tables.url(), "COMMIT");
}

MYSQL_CASE("lost response", "an executor whose responses are lost runs a job once") {
    const MysqlTables tables(needed);
    check_executor_with_lost_responses(tables.url(), "COMMIT");
}

} // namespace
