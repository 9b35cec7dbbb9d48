#include "postgresql_server.hpp"

TEST_CASE("the PostgreSQL store conforms behind a transaction pooler" * needs_postgresql *
          needs_pgbouncer) {
    conformance::run_on_postgresql(needs_pgbouncer.value(), "&pooling=transaction");
}
