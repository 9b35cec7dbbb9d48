#include "sqlite/dialect.hpp"

#include "databases/sqlite_file.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs::soci_adapter;

std::int64_t setting_of(Session& session, std::string_view pragma) {
    std::int64_t value = -1;
    session.query({"pragma", pragma, columns::one_number}).for_first([&](Row row) {
        value = row.number();
    });
    return value;
}

TEST_CASE("a session syncs each commit, also through the disk's own cache where the system can") {
    constexpr std::int64_t full = 2, on = 1;
    const soci_test::SqliteFile file;
    const auto session = SqliteDialect({.path = file.path().string()}).open();
    CHECK(setting_of(*session, "PRAGMA synchronous") == full);
    CHECK(setting_of(*session, "PRAGMA fullfsync") == on);
}

} // namespace
