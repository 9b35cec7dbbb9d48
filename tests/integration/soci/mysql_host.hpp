#pragma once

#include "databases/mysql_tables.hpp"
#include "integration/soci/host_database.hpp"

#include <string>

namespace soci_test {

class MysqlHost final : public HostDatabase {
public:
    explicit MysqlHost(const Need& server) : tables_(server) {}
    ~MysqlHost() override {
        try {
            tables_.connect().run("DROP TABLE IF EXISTS " + orders());
        } catch (const std::exception&) { // the server is down
        }
    }

    std::string store_url() const override { return tables_.url(); }
    std::string backend() const override { return "mysql"; }
    std::string connect_string() const override {
        using namespace asyncjobs::soci_adapter;
        return asyncjobs::soci_adapter::connect_string(
            mysql_options(parse_store_url(tables_.server().value())));
    }
    asyncjobs::HostTables tables() const override { return {.table_prefix = tables_.prefix()}; }
    std::string orders() const override { return tables_.prefix() + "orders"; }

private:
    MysqlTables tables_;
};

} // namespace soci_test
