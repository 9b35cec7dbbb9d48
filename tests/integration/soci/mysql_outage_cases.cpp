#include "mysql_cases.hpp"
#include "outage.hpp"

#include <asyncjobs/soci/open_store.hpp>

namespace {

using namespace soci_test;

MYSQL_CASE("outage", "results survive an outage whose error numbers do not indicate one") {
    const MysqlTables tables(needed);
    Mysql admin = tables.connect();
    const std::string url = tables.url(), name = tables.prefix() + "u";
    const std::string user = name + "@'127.0.0.1'";
    asyncjobs::open_store(url);
    admin.run("CREATE USER " + user);
    // Grants of a table also apply to open sessions.
    for (const char* table :
         {"jobs", "job_queues", "job_dependencies", "job_limits", "job_buckets", "job_slots",
          "job_waiting", "job_tombstones", "job_fences", "job_steps", "job_workers", "job_tallies",
          "job_audit", "asyncjobs_schema"})
        admin.run(std::string("GRANT ALL ON ") + table + " TO " + user);
    const auto run = [&](const std::string& sql) { return [&admin, sql] { admin.run(sql); }; };
    const std::string gone = tables.prefix() + "gone";
    const Outage outages[] = {
        {"1146", run("RENAME TABLE jobs TO " + gone), run("RENAME TABLE " + gone + " TO jobs")},
        {"1054", run("ALTER TABLE jobs RENAME COLUMN message TO gone"),
         run("ALTER TABLE jobs RENAME COLUMN gone TO message")},
        {"1142", run("REVOKE UPDATE ON jobs FROM " + user), run("GRANT UPDATE ON jobs TO " + user)},
    };
    const std::string own_url = "mysql://" + name + url.substr(url.find('@'));
    for (const auto& outage : outages) check_results_survive(own_url, outage);
    admin.run("DROP USER " + user);
}

} // namespace
