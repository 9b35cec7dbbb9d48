#include "databases/foreign_tables.hpp"
#include "databases/sqlite_file.hpp"
#include "db/schema_objects.hpp"

#include <fstream>
#include <sstream>
#include <vector>

namespace {

using namespace asyncjobs;
using namespace soci_test;

std::string bytes_of(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

TEST_CASE(
    "a SQLite database in which a host's object has a name of the store's is refused unchanged") {
    std::vector<ForeignObject> all(std::begin(foreign_objects), std::end(foreign_objects));
    all.push_back({"CREATE TABLE Jobs (a)", "table jobs"});
    all.push_back(
        {"CREATE TABLE theirs (a); CREATE INDEX jobs_due ON theirs (a)", "index jobs_due"});
    for (const ForeignObject& foreign : all) {
        const SqliteFile file;
        Sqlite(file.path()).run(foreign.statement);
        check_foreign_is_refused(file.url(), foreign, [&] { return bytes_of(file.path()); });
        check_prefix_helps(file.url() + "?table_prefix=own_");
    }
}

TEST_CASE("the refusal of a foreign table names it with the store's prefix") {
    const SqliteFile file;
    Sqlite(file.path()).run("CREATE TABLE own_job_limits (a)");
    CHECK(contains(message_of([&] { open_store(file.url() + "?table_prefix=own_"); }),
                   "table own_job_limits"));
    check_prefix_helps(file.url());
}

TEST_CASE("a host's trigger may have the name of a table of the store's on SQLite") {
    const SqliteFile file;
    Sqlite(file.path())
        .run("CREATE TABLE theirs (a);"
             "CREATE TRIGGER jobs AFTER INSERT ON theirs BEGIN SELECT 1; END");
    check_prefix_helps(file.url());
}

TEST_CASE("opening a store names its missing table") {
    for (const std::string table : {"jobs", "job_queues", "job_waiting"}) {
        const SqliteFile file;
        open_store(file.url());
        Sqlite(file.path()).run("DROP TABLE " + table);
        CHECK(code_of([&] { open_store(file.url()); }) == Errc::schema_mismatch);
        const auto missing = message_of([&] { open_store(file.url()); });
        CAPTURE(missing);
        CHECK(contains(missing, "the table " + table + " is missing"));
        Sqlite(file.path()).run("CREATE TABLE " + table + " (a)");
        CHECK(
            contains(message_of([&] { open_store(file.url()); }), "the database's table " + table));
    }
}

TEST_CASE("tables without a table of versions are refused") {
    const SqliteFile file;
    open_store(file.url());
    Sqlite(file.path()).run("DROP TABLE asyncjobs_schema");
    CHECK(contains(message_of([&] { open_store(file.url()); }),
                   "the database's table jobs was not made"));
}

TEST_CASE("the objects that migrations make are derived from their statements") {
    const std::vector<Migration> steps = {
        {1, "CREATE TABLE IF NOT EXISTS a (\n    b INTEGER\n        CHECK (b > 0),\n    c TEXT,\n"
            "    PRIMARY KEY (b)\n);\nCREATE UNIQUE INDEX a_b ON a (b);\nCREATE TABLE d (\n);\n"},
        {2, "DROP TABLE d;\nCREATE OR REPLACE SQL SECURITY INVOKER VIEW e AS\nSELECT b FROM a;\n"
            "ALTER TABLE a ADD f TEXT;\n"
            "ALTER TABLE a RENAME COLUMN b TO g, RENAME COLUMN c TO h;\n"}};
    const auto objects = soci_adapter::objects_made_by(steps);
    REQUIRE(objects.size() == 3);
    CHECK(objects[0].kind == "table");
    CHECK(objects[0].name == "a");
    CHECK(objects[0].columns == std::vector<std::string>{"g", "h"});
    CHECK(objects[1].name == "a_b");
    CHECK(objects[2].kind == "view");
    CHECK(objects[2].name == "e");
}

} // namespace
