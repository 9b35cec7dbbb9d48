#include "postgresql_server.hpp"

TEST_CASE("the PostgreSQL store conforms" * needs_postgresql) {
    conformance::run_on_postgresql(needs_postgresql.value(), "");
}
