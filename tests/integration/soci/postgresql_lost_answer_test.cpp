#include "lost_answer.hpp"

#include "databases/postgresql_server.hpp"

#include <doctest/doctest.h>

namespace {

using namespace soci_test;

TEST_CASE("on PostgreSQL a submit whose answer was lost is found when it is repeated" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    check_submits_with_lost_answers(schema.url() + "&listen=off", "");
}

TEST_CASE("on PostgreSQL an executor whose answers are lost runs a job once" * needs_postgresql) {
    const PostgresqlSchema schema;
    check_executor_with_lost_answers(schema.url() + "&listen=off", "");
}

} // namespace
