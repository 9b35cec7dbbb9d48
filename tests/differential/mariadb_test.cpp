#include "conformance/mysql_server.hpp"
#include "run_on_server.hpp"

TEST_CASE("the store on MariaDB and the model agree" * needs_mariadb) {
    differential::run_on_server(
        [](const asyncjobs::StoreOptions& options) {
            return conformance::mysql_stores(
                std::make_shared<conformance::MysqlStoreTables>(needs_mariadb), options);
        },
        {.plain = 10, .all = 200});
}
