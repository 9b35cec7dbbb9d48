#if __has_include(<libpq-fe.h>)

#include "postgresql_server.hpp"

TEST_CASE("the PostgreSQL store conforms behind a pooler of transactions") {
    conformance::run_on_postgresql("ASYNCJOBS_TEST_PGBOUNCER", "&pooling=transaction");
}

#endif
