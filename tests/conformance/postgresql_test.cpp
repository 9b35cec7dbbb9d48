#include "run_conformance.hpp"

#if __has_include(<libpq-fe.h>)

#include "unit/adapters/soci/postgresql_server.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <cstdlib>
#include <string>
#include <utility>

namespace {

/// Two objects are two stores on one schema, by way of the server that `variable` names.
void run_on_server(const char* variable, const std::string& parameters) {
    const auto server = soci_test::postgresql_server();
    const char* way = std::getenv(variable);
    if (server.empty() || !way) {
        MESSAGE("skipped: ", variable, " names no server; see tests/servers");
        return;
    }
    const soci_test::PostgresqlSchema schema(server);
    const auto url = way + ("?schema=" + schema.name() + parameters);
    bool is_first = true;
    conformance::run({.reset =
                          [&] {
                              if (std::exchange(is_first, false)) return;
                              schema.connect().run("DELETE FROM jobs; DELETE FROM job_queues");
                          },
                      .open = [&] { return asyncjobs::open_store(url); }});
}

TEST_CASE("the PostgreSQL store conforms") { run_on_server("ASYNCJOBS_TEST_POSTGRESQL", ""); }

TEST_CASE("the PostgreSQL store conforms behind a pooler of transactions") {
    run_on_server("ASYNCJOBS_TEST_PGBOUNCER", "&pooling=transaction");
}

} // namespace

#endif
