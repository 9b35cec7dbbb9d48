#include "run_conformance.hpp"

#if __has_include(<mysql.h>)

#include "unit/adapters/soci/mysql_tables.hpp"

#include <asyncjobs/soci/open_store.hpp>

namespace {

TEST_CASE("the MySQL store conforms") {
    if (soci_test::mysql_server().empty()) {
        MESSAGE("skipped: ASYNCJOBS_TEST_MYSQL names no server");
        return;
    }
    static const soci_test::MysqlTables tables;
    static bool are_made = false;
    conformance::run({.reset =
                          [&] {
                              if (!std::exchange(are_made, true)) return;
                              auto server = tables.connect();
                              server.run("DELETE FROM jobs");
                              server.run("DELETE FROM job_queues");
                              server.run("DELETE FROM job_dependencies");
                          },
                      .open = [&] { return asyncjobs::open_store(tables.url()); }});
}

} // namespace

#endif
