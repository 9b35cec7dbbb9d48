#pragma once

#include "databases/sqlite_file.hpp"
#include "integration/soci/host_database.hpp"

#include <string>

namespace soci_test {

class SqliteHost final : public HostDatabase {
public:
    std::string store_url() const override { return file_.url() + "?table_prefix=host_"; }
    std::string backend() const override { return "sqlite3"; }
    std::string connect_string() const override { return "dbname=" + file_.path().string(); }
    asyncjobs::HostTables tables() const override { return {.table_prefix = "host_"}; }

private:
    SqliteFile file_;
};

} // namespace soci_test
