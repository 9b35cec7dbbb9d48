#include "databases/postgresql_server.hpp"
#include "same_output.hpp"

TEST_CASE("reading commands print the same from PostgreSQL and from a server" * needs_postgresql) {
    const soci_test::PostgresqlSchema schema;
    cli_test::check_same_output(schema.url());
}
