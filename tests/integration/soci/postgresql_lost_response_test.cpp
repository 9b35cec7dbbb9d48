#include "lost_response.hpp"

#include "databases/postgresql_server.hpp"

#include <doctest/doctest.h>

namespace {

using namespace soci_test;

TEST_CASE("on PostgreSQL a repeated submit finds the job whose response was lost" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    check_submits_with_lost_responses(schema.url() + "&listen=off", "");
}

TEST_CASE("on PostgreSQL an executor whose responses are lost runs a job once" * needs_postgresql) {
    const PostgresqlSchema schema;
    check_executor_with_lost_responses(schema.url() + "&listen=off", "");
}

} // namespace
