#include "outage.hpp"

#include "databases/sqlite_file.hpp"

#include <doctest/doctest.h>

namespace {

using namespace soci_test;

TEST_CASE("results survive an outage of SQLite whose result codes do not indicate one") {
    const SqliteFile file;
    const auto run = [&](const char* sql) {
        return [&file, sql] { Sqlite(file.path()).run(sql); };
    };
    const Outage outages[] = {
        {"no such table", run("ALTER TABLE jobs RENAME TO gone"),
         run("ALTER TABLE gone RENAME TO jobs")},
        {"no such column", run("ALTER TABLE jobs RENAME COLUMN message TO gone"),
         run("ALTER TABLE jobs RENAME COLUMN gone TO message")},
    };
    for (const auto& outage : outages) check_results_survive(file.url(), outage);
}

} // namespace
