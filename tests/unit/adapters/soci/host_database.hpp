#pragma once

#include "mysql_tables.hpp"
#include "postgresql_server.hpp"
#include "sqlite_file.hpp"

#include <asyncjobs/soci/host_transaction.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>
#include <soci/soci.h>

#include <functional>
#include <memory>
#include <string>

namespace soci_test {

/// A database with a store's tables in it, and a host with a table `orders (id, amount)` of its
/// own, whose sessions are as SOCI makes them.
class HostDatabase {
public:
    virtual ~HostDatabase() = default;

    virtual std::string store_url() const = 0;
    virtual std::string backend() const = 0;
    virtual std::string connect_string() const = 0;
    virtual asyncjobs::HostTables tables() const { return {}; }
    virtual std::string orders() const { return "orders"; }

    std::unique_ptr<soci::session> open() const {
        return std::make_unique<soci::session>(backend(), connect_string());
    }
    void make_orders() const {
        *open() << "CREATE TABLE " << orders() << " (id BIGINT PRIMARY KEY, amount BIGINT)";
    }
    void add_order(soci::session& session, int id) const {
        session << "INSERT INTO " << orders() << " VALUES (" << id << ", 0)";
    }
    long long count_orders() const {
        long long count = 0;
        *open() << "SELECT count(*) FROM " << orders(), soci::into(count);
        return count;
    }
};

class SqliteHost final : public HostDatabase {
public:
    std::string store_url() const override { return file_.url() + "?table_prefix=host_"; }
    std::string backend() const override { return "sqlite3"; }
    std::string connect_string() const override { return "dbname=" + file_.path().string(); }
    asyncjobs::HostTables tables() const override { return {.table_prefix = "host_"}; }

private:
    SqliteFile file_;
};

class PostgresqlHost final : public HostDatabase {
public:
    explicit PostgresqlHost(const std::string& server) : server_(server), schema_(server) {}

    std::string store_url() const override { return schema_.url(); }
    std::string backend() const override { return "postgresql"; }
    /// SOCI takes a URL without an equals sign for something else.
    std::string connect_string() const override { return server_ + "?application_name=host"; }
    asyncjobs::HostTables tables() const override { return {.schema = schema_.name()}; }
    std::string orders() const override { return schema_.name() + ".orders"; }

private:
    std::string server_;
    PostgresqlSchema schema_;
};

class MysqlHost final : public HostDatabase {
public:
    ~MysqlHost() override {
        try {
            tables_.connect().run("DROP TABLE IF EXISTS " + orders());
        } catch (const std::exception&) { // the server is gone
        }
    }

    std::string store_url() const override { return tables_.url(); }
    std::string backend() const override { return "mysql"; }
    std::string connect_string() const override {
        using namespace asyncjobs::soci_adapter;
        return asyncjobs::soci_adapter::connect_string(
            mysql_options(parse_store_url(mysql_server())));
    }
    asyncjobs::HostTables tables() const override { return {.table_prefix = tables_.prefix()}; }
    std::string orders() const override { return tables_.prefix() + "orders"; }

private:
    MysqlTables tables_;
};

/// Runs `test` on each database that there is a server of.
inline void on_each_database(const std::function<void(HostDatabase&)>& test) {
    const auto run = [&](std::unique_ptr<HostDatabase> database) {
        INFO("on ", database->backend());
        asyncjobs::open_store(database->store_url());
        database->make_orders();
        test(*database);
    };
    run(std::make_unique<SqliteHost>());
    if (const auto server = postgresql_server(); !server.empty())
        run(std::make_unique<PostgresqlHost>(server));
    if (mysql_server().empty())
        MESSAGE("skipped: ASYNCJOBS_TEST_MYSQL names no server; see tests/servers");
    else
        run(std::make_unique<MysqlHost>());
}

} // namespace soci_test
