#include "run_conformance.hpp"

#include "databases/mysql_tables.hpp"

#include <asyncjobs/soci/open_store.hpp>

namespace {

TEST_CASE("the MySQL store conforms" * needs_mysql) {
    static const soci_test::MysqlTables tables;
    static bool are_made = false;
    conformance::run({.reset =
                          [&] {
                              if (!std::exchange(are_made, true)) return;
                              auto server = tables.connect();
                              for (const char* table :
                                   {"jobs", "job_queues", "job_dependencies", "job_limits",
                                    "job_lines", "job_places", "job_waiting", "job_tombstones"})
                                  server.run(std::string("DELETE FROM ") + table);
                          },
                      .open = [&] { return asyncjobs::open_store(tables.url()); }});
}

} // namespace
