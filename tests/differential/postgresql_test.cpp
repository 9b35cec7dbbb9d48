#include "conformance/postgresql_server.hpp"
#include "run_on_server.hpp"

TEST_CASE("the PostgreSQL store and the model agree" * needs_postgresql) {
    differential::run_on_server(
        [](const asyncjobs::StoreOptions& options) {
            return conformance::postgresql_stores(
                std::make_shared<conformance::PostgresqlStoreTables>(), needs_postgresql.value(),
                "&synchronous_commit=off&listen=off", options);
        },
        {.plain = 10, .all = 200});
}
