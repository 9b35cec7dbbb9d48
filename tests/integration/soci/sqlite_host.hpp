#pragma once

#include "databases/sqlite_file.hpp"
#include "integration/soci/host_database.hpp"

#include <string>

namespace soci_test {

class SqliteHost : public HostDatabase {
public:
    std::string store_url() const override { return file_.url() + "?table_prefix=host_"; }
    std::string backend() const override { return "sqlite3"; }
    std::string connect_string() const override { return "dbname=" + path().string(); }
    asyncjobs::HostTables tables() const override { return {.table_prefix = "host_"}; }

protected:
    const std::filesystem::path& path() const noexcept { return file_.path(); }

private:
    SqliteFile file_;
};

/// A host that uses SQLite's C API.
class SqliteHandleHost final : public SqliteHost {
public:
    std::unique_ptr<HostClient> connect() const override {
        return std::make_unique<HandleClient<Sqlite>>(path());
    }
};

} // namespace soci_test
