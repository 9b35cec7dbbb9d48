#include "databases/sqlite_file.hpp"
#include "databases/store_calls.hpp"
#include "db/table_names.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE("a prefix is added to names of tables and indexes, and to nothing else") {
    using soci_adapter::with_table_prefix;
    CHECK(with_table_prefix("SELECT jobs.id FROM jobs", "a_") == "SELECT a_jobs.id FROM a_jobs");
    CHECK(with_table_prefix("INDEX jobs_due ON jobs (queue)", "a_") ==
          "INDEX a_jobs_due ON a_jobs (queue)");
    CHECK(with_table_prefix("INDEX job_dependencies_of", "a_") == "INDEX a_job_dependencies_of");
    CHECK(
        with_table_prefix(
            "job_limits, job_buckets, job_slots, job_waiting, job_tombstones, job_steps, job_clock",
            "a_") == "a_job_limits, a_job_buckets, a_job_slots, a_job_waiting, a_job_tombstones, "
                     "a_job_steps, a_job_clock");
    CHECK(with_table_prefix(
              "job_queues, job_dependencies, asyncjobs_schema, my_jobs, jobless, :job", "a_") ==
          "a_job_queues, a_job_dependencies, a_asyncjobs_schema, my_jobs, jobless, :job");
    CHECK(with_table_prefix("job_workers, job_tallies, job_audit", "a_") ==
          "a_job_workers, a_job_tallies, a_job_audit");
    CHECK(with_table_prefix("jobs", "") == "jobs");
}

TEST_CASE("stores with different prefixes share a database and no jobs") {
    const SqliteFile file;
    const auto ours = open_store(file.url() + "?table_prefix=ours_");
    const auto theirs = open_store(file.url() + "?table_prefix=theirs_");
    submit(*ours, new_job(1));
    CHECK(find(*ours, new_job(1).id));
    CHECK_FALSE(find(*theirs, new_job(1).id));
    CHECK(claim(*theirs, 1).empty());
    CHECK(claim(*open_store(file.url() + "?table_prefix=ours_"), 1).size() == 1);
    CHECK(Sqlite(file.path()).value("SELECT count(*) FROM ours_jobs_readable") == "1");
}

TEST_CASE("pending migrations contain the prefix") {
    const SqliteFile file;
    const auto steps = pending_migrations(file.url() + "?table_prefix=ours_");
    CHECK(steps.at(0).sql.find("CREATE TABLE ours_jobs (") != std::string::npos);
}

TEST_CASE("a prefix that is not a plain name is refused") {
    for (const char* prefix :
         {"", "1a", "A", "a-b", "a b", "a;", "a123456789012345678901234567890"})
        CHECK(code_of([&] { open_store("sqlite:jobs.db?table_prefix=" + std::string(prefix)); }) ==
              Errc::invalid_argument);
}

} // namespace
