#pragma once

#include "databases/contains.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace soci_test {

/// StoreOptions::create, on an empty database. `dump()` returns the whole content of the database.
inline void check_create_is_obeyed(const std::string& url,
                                   const std::function<std::string()>& dump) {
    using namespace asyncjobs;
    const auto before = dump();
    const auto open = [&] { open_store(url, {.create = false}); };
    CHECK(code_of(open) == Errc::schema_mismatch);
    CHECK(contains(message_of(open), "has no tables of asyncjobs"));
    CHECK(dump() == before);
    open_store(url, {.migrate = false});
    CHECK_NOTHROW(open_store(url, {.create = false, .migrate = false}));
}

/// StoreOptions::migrate, on tables of version `found`.
inline void check_migrate_is_obeyed(const std::string& url, int found,
                                    const std::function<std::string()>& dump) {
    using namespace asyncjobs;
    const auto before = dump();
    const auto open = [&] { open_store(url, {.migrate = false}); };
    CHECK(code_of(open) == Errc::schema_mismatch);
    const auto message = message_of(open);
    CAPTURE(message);
    CHECK(contains(message, "the tables have version " + std::to_string(found) + ","));
    CHECK(contains(message, "needs version " +
                                std::to_string(pending_migrations(url).back().version) + ","));
    CHECK(dump() == before);
    open_store(url, {.create = false});
    CHECK_NOTHROW(open_store(url, {.create = false, .migrate = false}));
}

} // namespace soci_test
