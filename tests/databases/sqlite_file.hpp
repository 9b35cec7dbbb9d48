#pragma once

#include "sqlite/soci_sqlite3.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace soci_test {

/// A database in its own folder; removed at the end of the test.
class SqliteFile {
public:
    explicit SqliteFile(const std::string& name = "jobs.db") {
        static std::atomic<int> count = 0;
        folder_ = std::filesystem::temp_directory_path() /
                  ("asyncjobs-soci-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
        std::filesystem::create_directories(folder_);
        path_ = folder_ / name;
    }
    ~SqliteFile() { std::filesystem::remove_all(folder_); }
    SqliteFile(const SqliteFile&) = delete;
    SqliteFile& operator=(const SqliteFile&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::string url() const { return "sqlite:" + path_.string(); }

private:
    std::filesystem::path folder_, path_;
};

/// Another program's connection to a database, without SOCI.
class Sqlite {
public:
    explicit Sqlite(const std::filesystem::path& path) {
        check(sqlite_api::sqlite3_open(path.c_str(), &connection_));
    }
    ~Sqlite() { sqlite_api::sqlite3_close(connection_); }
    Sqlite(const Sqlite&) = delete;
    Sqlite& operator=(const Sqlite&) = delete;

    void run(const std::string& sql) {
        check(sqlite_api::sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr));
    }

    /// The rows' column `at`, as text.
    std::vector<std::string> column(const std::string& sql, int at = 0) {
        sqlite_api::sqlite3_stmt* statement = nullptr;
        check(sqlite_api::sqlite3_prepare_v2(connection_, sql.c_str(), -1, &statement, nullptr));
        std::vector<std::string> rows;
        while (sqlite_api::sqlite3_step(statement) == SQLITE_ROW) {
            const auto* text = sqlite_api::sqlite3_column_text(statement, at);
            rows.emplace_back(text ? reinterpret_cast<const char*>(text) : "NULL");
        }
        check(sqlite_api::sqlite3_finalize(statement));
        return rows;
    }

    std::string value(const std::string& sql) { return column(sql).at(0); }

    sqlite_api::sqlite3* handle() const noexcept { return connection_; }

private:
    void check(int result) {
        if (result != SQLITE_OK) throw std::runtime_error(sqlite_api::sqlite3_errmsg(connection_));
    }

    sqlite_api::sqlite3* connection_ = nullptr;
};

} // namespace soci_test
