#include "mysql_hostile_server.hpp"

#include "conformance/run_conformance.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

namespace soci_test {
namespace {

using namespace asyncjobs;

/// Runs the suite's cases whose names contain `words` in a new database.
void run_suite(HostileServer& server, const std::string& database, const std::string& encoding,
               std::string_view words) {
    Mysql& admin = server.admin();
    admin.run("DROP DATABASE IF EXISTS " + database);
    admin.run("CREATE DATABASE " + database + " CHARACTER SET " + encoding);
    const auto url = server.url_of(database);
    REQUIRE(message_of([&] { open_store(url); }) == "");
    const auto reset = [&] {
        for (const char* table :
             {"jobs", "job_queues", "job_dependencies", "job_limits", "job_buckets", "job_slots",
              "job_waiting", "job_tombstones", "job_steps"})
            admin.run("DELETE FROM " + database + "." + table);
        admin.run("UPDATE " + database + ".job_fences SET used = 0");
    };
    for (const auto& one :
         testing::job_store_conformance({.reset = reset, .open = [&] { return open_store(url); }}))
        if (one.name.find(words) != one.name.npos) {
            CAPTURE(database);
            CAPTURE(one.name);
            CHECK_NOTHROW(one.run());
        }
}

} // namespace

void check_databases_of_few_characters(HostileServer& server) {
    for (const std::string encoding : {"latin1", "cp1256", "utf8mb3"}) {
        run_suite(server, "texts_in_" + encoding, encoding, "text");
        run_suite(server, "texts_in_" + encoding, encoding, "byte for byte");
        CHECK(server.admin().value("SELECT count(*) FROM information_schema.columns"
                                   " WHERE table_schema = 'texts_in_" +
                                   encoding +
                                   "' AND table_name <> 'jobs_readable'"
                                   " AND character_set_name <> 'utf8mb4'") == "0");
    }
    // An altered table can no longer store every text.
    Mysql& admin = server.admin();
    admin.run("ALTER TABLE texts_in_latin1.jobs MODIFY cancel_reason TEXT CHARACTER SET latin1");
    const auto open = [&] { open_store(server.url_of("texts_in_latin1")); };
    CHECK(code_of(open) == Errc::store_failure);
    CHECK(message_of(open).find("cancel_reason") != std::string::npos);
    CHECK(message_of(open).find("latin1") != std::string::npos);
}

void check_hostile_settings(HostileServer& server, std::string_view more_settings) {
    server.admin().run(
        "SET GLOBAL autocommit = 0, completion_type = 'CHAIN', foreign_key_checks = 0,"
        " unique_checks = 0, sql_safe_updates = 1, sql_select_limit = 1, sql_big_selects = 0,"
        " max_join_size = 1, sql_auto_is_null = 1, max_sort_length = 64, group_concat_max_len = 4,"
        " div_precision_increment = 0, time_zone = '+13:00', innodb_lock_wait_timeout = 1,"
        " lock_wait_timeout = 1, default_storage_engine = 'MyISAM'," +
        std::string(more_settings));
    run_suite(server, "hostile", "latin1", "");
}

} // namespace soci_test
