#pragma once

#include "databases/postgresql_server.hpp"
#include "integration/soci/host_database.hpp"

#include <string>

namespace soci_test {

class PostgresqlHost : public HostDatabase {
public:
    std::string store_url() const override { return schema_.url(); }
    std::string backend() const override { return "postgresql"; }
    /// SOCI does not recognise a URL without an equals sign.
    std::string connect_string() const override {
        return needs_postgresql.value() + "?application_name=host";
    }
    asyncjobs::HostTables tables() const override { return {.schema = schema_.name()}; }
    std::string orders() const override { return schema_.name() + ".orders"; }

private:
    PostgresqlSchema schema_;
};

/// A host that uses libpq.
class PostgresqlHandleHost final : public PostgresqlHost {
public:
    std::unique_ptr<HostClient> connect() const override {
        return std::make_unique<HandleClient<Postgresql>>(needs_postgresql.value());
    }
};

} // namespace soci_test
