#include "sqlite/statements.hpp"

#include "databases/sqlite_file.hpp"
#include "databases/statement_list.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <memory>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::SqliteFile;

/// The types of the columns, of which SQLite knows those that are columns of tables; `declared` for
/// the others.
std::string types_in_sqlite(sqlite_api::sqlite3_stmt* prepared, const std::string& declared) {
    std::string types;
    for (int i = 0; i < sqlite_api::sqlite3_column_count(prepared); ++i) {
        const char* type = sqlite_api::sqlite3_column_decltype(prepared, i);
        const auto at = static_cast<std::size_t>(i);
        if (type)
            types += std::string_view(type) == "TEXT" ? 't' : 'i';
        else
            types += at < declared.size() ? declared[at] : '?';
    }
    return types;
}

TEST_CASE("SQLite prepares every statement, and its columns are those that are declared") {
    const SqliteFile file;
    open_store(file.url());
    sqlite_api::sqlite3* connection = nullptr;
    REQUIRE(sqlite_api::sqlite3_open(file.path().c_str(), &connection) == SQLITE_OK);
    for (const Sql& sql : soci_test::statement_list(sqlite::sql)) {
        CAPTURE(sql.name);
        const std::string text = compose(sql, sqlite::fragments);
        CAPTURE(text);
        sqlite_api::sqlite3_stmt* prepared = nullptr;
        const int result =
            sqlite_api::sqlite3_prepare_v2(connection, text.c_str(), -1, &prepared, nullptr);
        CAPTURE(std::string(sqlite_api::sqlite3_errmsg(connection)));
        CHECK(result == SQLITE_OK);
        const std::string declared = soci_test::types_of(sql.columns);
        if (prepared) CHECK(types_in_sqlite(prepared, declared) == declared);
        sqlite_api::sqlite3_finalize(prepared);
    }
    sqlite_api::sqlite3_close(connection);
}

} // namespace
