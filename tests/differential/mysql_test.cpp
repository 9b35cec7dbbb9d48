#include "conformance/mysql_server.hpp"
#include "run_on_server.hpp"

TEST_CASE("the store on MySQL and the model agree" * needs_mysql) {
    differential::run_on_server(
        [](const asyncjobs::StoreOptions& options) {
            return conformance::mysql_stores(
                std::make_shared<conformance::MysqlStoreTables>(needs_mysql), options);
        },
        {.plain = 10, .all = 200});
}
