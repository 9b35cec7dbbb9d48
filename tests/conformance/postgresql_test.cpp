#include "postgresql_server.hpp"

TEST_CASE("the PostgreSQL store conforms" * needs_postgresql) {
    conformance::run_on_postgresql(needs_postgresql.value(), "");
}

TEST_CASE("the PostgreSQL store conforms while its clock is moved" * needs_postgresql) {
    const conformance::MovedClock clock;
    conformance::run_with(
        clock, conformance::postgresql_stores(needs_postgresql.value(), "", {.clock = clock}));
}
