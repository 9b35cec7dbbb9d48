#include "databases/contains.hpp"
#include "databases/forked_process.hpp"
#include "databases/sqlite_file.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE("a SQLite file made with other settings works as a store") {
    for (const std::string pragmas :
         {"page_size = 512; PRAGMA auto_vacuum = INCREMENTAL", "page_size = 65536",
          "journal_mode = TRUNCATE", "journal_mode = PERSIST; PRAGMA auto_vacuum = FULL",
          "journal_mode = WAL", "user_version = 7; PRAGMA application_id = 9"}) {
        CAPTURE(pragmas);
        const SqliteFile file;
        Sqlite(file.path()).run("PRAGMA " + pragmas + "; CREATE TABLE theirs (a)");
        const auto store = open_store(file.url());
        auto job = with_key(new_job(1), "\xF0\x9F\x98\x80 key");
        job.owner = "\xC3\xA9";
        job.input = JsonText::parse("[\"\xE4\xB8\xAD\xE6\x96\x87\"]");
        CHECK(submit(*store, job).outcome == Submitted::Outcome::created);
        CHECK(submit(*store, with_key(new_job(2), *job.unique_key)).outcome ==
              Submitted::Outcome::key_taken);
        CHECK(store->list({.owner = job.owner}).jobs.size() == 1);
        const auto claimed = claim(*store, 1);
        REQUIRE(claimed.size() == 1);
        const std::vector<Settlement> done = {Settlement::completed(claimed[0].lease, job.input)};
        CHECK(store->settle(done).at(0).accepted);
        CHECK(find(*store, job.id)->result == job.input);
        CHECK(Sqlite(file.path()).value("PRAGMA journal_mode") == "wal");
    }
}

/// Changes that a host or its extension may make to all connections of the process.
class SpoiledConnections {
public:
    SpoiledConnections() {
        sqlite_api::sqlite3_auto_extension(reinterpret_cast<void (*)()>(&spoil));
        sqlite_api::sqlite3_enable_shared_cache(1);
    }
    ~SpoiledConnections() {
        sqlite_api::sqlite3_enable_shared_cache(0);
        sqlite_api::sqlite3_reset_auto_extension();
    }
    SpoiledConnections(const SpoiledConnections&) = delete;
    SpoiledConnections& operator=(const SpoiledConnections&) = delete;

private:
    static int spoil(sqlite_api::sqlite3* connection, char**,
                     const sqlite_api::sqlite3_api_routines*) {
        return sqlite_api::sqlite3_exec(
            connection,
            "PRAGMA query_only = ON; PRAGMA synchronous = OFF;"
            "PRAGMA wal_autocheckpoint = 0; PRAGMA count_changes = ON; PRAGMA foreign_keys = ON;"
            "PRAGMA recursive_triggers = ON; PRAGMA reverse_unordered_selects = ON;"
            "PRAGMA locking_mode = EXCLUSIVE",
            nullptr, nullptr, nullptr);
    }
};

TEST_CASE("a SQLite store overrides what a host's extension has set for all connections") {
    const SqliteFile file;
    {
        const SpoiledConnections spoiled;
        const auto store = open_store(file.url()), other = open_store(file.url());
        submit(*store, new_job(1));
        submit(*other, new_job(2));
        CHECK(claim(*store, 5).size() == 2);
        CHECK(find(*other, new_job(1).id)->status == JobStatus::processing);
    }
    CHECK(Sqlite(file.path()).value("SELECT count(*) FROM jobs") == "2");
}

TEST_CASE("a SQLite file that can't be written is refused with the reason") {
    const SqliteFile file;
    open_store(file.url());
    ::chmod(file.path().c_str(), 0444);
    ::chmod(file.path().parent_path().c_str(), 0555);
    ForkedProcess someone([&](int out) {
        constexpr uid_t unprivileged = 65534;
        if (::geteuid() == 0 && ::seteuid(unprivileged) != 0) ::_exit(1);
        ForkedProcess::write_text(out, message_of([&] { open_store(file.url()); }));
    });
    CHECK(contains(someone.read_all(), "the file can't be written"));
    ::chmod(file.path().parent_path().c_str(), 0755);
}

} // namespace
