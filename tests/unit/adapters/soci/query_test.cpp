#include "db/query.hpp"

#include "statements/columns.hpp"

#include "databases/sqlite_file.hpp"
#include "sqlite/dialect.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::Sqlite;
using soci_test::SqliteFile;

struct Database {
    SqliteFile file;
    std::unique_ptr<Session> opened = SqliteDialect({.path = file.path().string()}).open();
    Session& session = *opened;

    Database() {
        session.query({"journal_mode", "PRAGMA journal_mode = WAL", columns::one_text})
            .for_first([](Row) {});
        session.run("CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT, text TEXT)");
    }

    /// Whether no snapshot is held: then the whole WAL can be checkpointed and truncated.
    bool wal_is_free() {
        return Sqlite(file.path()).value("PRAGMA wal_checkpoint(TRUNCATE)") == "0";
    }
};

constexpr Sql insert_row = {"insert_row", "INSERT INTO t (n, text) VALUES (:n, :text)"};
constexpr Column columns_of_t[] = {
    {"id", ColumnType::number}, {"n", ColumnType::number}, {"text", ColumnType::text}};
constexpr Sql select = {"select", "SELECT {columns} FROM t ORDER BY id", columns_of_t};

std::vector<std::int64_t> numbers(Session& session) {
    std::vector<std::int64_t> all;
    session.query(select).for_each([&](Row row) {
        row.skip();
        all.push_back(row.number());
    });
    return all;
}

TEST_CASE("numbers keep all their 64 bits, in columns declared INTEGER too") {
    Database db;
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    db.session.query({"insert", "INSERT INTO t (id, n) VALUES (:id, :n)"}).change(most, least);
    db.session.query(select).for_each([&](Row row) {
        CHECK(row.number() == most);
        CHECK(row.number() == least);
    });
}

TEST_CASE("statements of the same text with different columns are different statements") {
    Database db;
    constexpr std::string_view text = "SELECT {columns} FROM t";
    static constexpr Column n[] = {{"n", ColumnType::number}};
    static constexpr Column words[] = {{"text"}};
    db.session.query(insert_row).change(1, "one");
    const auto check = [&] {
        db.session.query({"n", text, n}).for_first([](Row row) { CHECK(row.number() == 1); });
        db.session.query({"text", text, words}).for_first([](Row row) {
            CHECK(row.text() == "one");
        });
    };
    check();
    check();
}

TEST_CASE("an absent value is not an empty one") {
    Database db;
    db.session.query(insert_row).change(1, std::optional<std::string>());
    db.session.query(insert_row).change(2, std::optional<std::string>(""));
    std::vector<std::optional<std::string>> texts;
    db.session.query({"texts", "SELECT text FROM t ORDER BY n", columns::one_text})
        .for_each([&](Row row) { texts.push_back(row.optional_text()); });
    CHECK(texts == std::vector<std::optional<std::string>>{std::nullopt, ""});
}

TEST_CASE("a changing statement with RETURNING runs once and gives every row, one row included") {
    for (const int rows : {1, 2, 50}) {
        CAPTURE(rows);
        Database db;
        for (int i = 0; i < rows; ++i) db.session.query(insert_row).change(0, "x");
        int returned = 0;
        db.session.query({"add", "UPDATE t SET n = n + :by RETURNING n + 0", columns::one_number})
            .for_each([&](Row row) { returned += static_cast<int>(row.number()); }, 1);
        CHECK(returned == rows);
        CHECK(numbers(db.session) == std::vector<std::int64_t>(static_cast<std::size_t>(rows), 1));
    }
}

TEST_CASE("a prepared statement uses new parameters each time") {
    Database db;
    for (int i = 0; i < 3; ++i) db.session.query(insert_row).change(i, std::string(1000, 'x'));
    db.session.query(insert_row).change(3, "short");
    CHECK(numbers(db.session) == std::vector<std::int64_t>{0, 1, 2, 3});
    CHECK(Sqlite(db.file.path()).value("SELECT text FROM t WHERE n = 3") == "short");
}

TEST_CASE("a parameter that appears twice is given once") {
    Database db;
    db.session.query({"insert", "INSERT INTO t (id, n, text) VALUES (:v, :v, ':v')"}).change(7);
    CHECK(Sqlite(db.file.path()).value("SELECT id || n || text FROM t") == "77:v");
}

TEST_CASE("a wrong number of parameters is refused") {
    Database db;
    CHECK_THROWS_AS(db.session.query(insert_row).change(1), std::logic_error);
}

TEST_CASE("after a query was read no snapshot is held") {
    Database db;
    db.session.query(insert_row).change(1, "x");
    db.session.query(insert_row).change(2, "x");
    db.session.query(select).for_first([](Row) {});
    CHECK(db.wal_is_free());
    db.session.query(insert_row).change(3, "x");
    CHECK(db.wal_is_free());
}

TEST_CASE("a query whose reader throws holds no snapshot and can be run again") {
    Database db;
    for (int i = 0; i < 3; ++i) db.session.query(insert_row).change(i, "x");
    CHECK_THROWS_AS(db.session.query(select).for_each([](Row) { throw 1; }), int);
    CHECK(db.wal_is_free());
    CHECK(numbers(db.session).size() == 3);
}

TEST_CASE("a statement that failed can be run again") {
    Database db;
    constexpr Sql insert_id = {"insert_id", "INSERT INTO t (id) VALUES (:id)"};
    db.session.query(insert_id).change(1);
    CHECK_THROWS_AS(db.session.query(insert_id).change(1), soci::soci_error);
    CHECK(db.session.query(insert_id).change(2) == 1);
    CHECK(db.wal_is_free());
}

} // namespace
