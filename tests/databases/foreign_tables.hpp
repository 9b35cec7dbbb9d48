#pragma once

#include "contains.hpp"
#include "store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace soci_test {

/// A host's statement that takes a name of the store's, and the object that it makes.
struct ForeignObject {
    std::string statement;
    std::string what; ///< `table jobs`
};

/// Tables and views of a host, for every database.
inline const ForeignObject foreign_objects[] = {
    {"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title VARCHAR(20))", "table jobs"},
    {"CREATE TABLE job_queues (name VARCHAR(20))", "table job_queues"},
    {"CREATE TABLE job_tombstones (id INTEGER)", "table job_tombstones"},
    {"CREATE TABLE job_lines (id INTEGER)", "table job_lines"}, // of an earlier version
    {"CREATE TABLE asyncjobs_schema (id INTEGER)", "table asyncjobs_schema"},
    {"CREATE VIEW jobs AS SELECT 1 AS id", "view jobs"},
    {"CREATE VIEW jobs_readable AS SELECT 1 AS id", "view jobs_readable"},
};

/// `dump()` returns the whole content of the database, to show that nothing was changed.
inline void check_foreign_is_refused(const std::string& url, const ForeignObject& foreign,
                                     const std::function<std::string()>& dump) {
    using namespace asyncjobs;
    CAPTURE(foreign.statement);
    const auto before = dump();
    const std::string reason = "the database's " + foreign.what +
                               " was not made by asyncjobs; choose another table_prefix in the "
                               "store's URL";
    CHECK(contains(message_of([&] { open_store(url); }), reason));
    CHECK(code_of([&] { open_store(url); }) == Errc::schema_mismatch);
    CHECK(contains(message_of([&] { pending_migrations(url); }), reason));
    CHECK(dump() == before);
}

/// A store with a prefix works in the same database as the host's tables.
inline void check_prefix_helps(const std::string& url) {
    const auto store = asyncjobs::open_store(url);
    submit(*store, new_job(1));
    CHECK(claim(*store, 1).size() == 1);
}

} // namespace soci_test
