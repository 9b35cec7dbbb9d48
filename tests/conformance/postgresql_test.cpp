#if __has_include(<libpq-fe.h>)

#include "postgresql_server.hpp"

TEST_CASE("the PostgreSQL store conforms") {
    conformance::run_on_postgresql("ASYNCJOBS_TEST_POSTGRESQL", "");
}

#endif
