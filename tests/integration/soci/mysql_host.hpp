#pragma once

#include "databases/mysql_tables.hpp"
#include "integration/soci/host_database.hpp"

#include <string>

namespace soci_test {

/// A connection opened by the client library, without SOCI.
class MysqlHandle {
public:
    explicit MysqlHandle(const asyncjobs::soci_adapter::MysqlOptions& options)
        : handle_(mysql_init(nullptr), &mysql_close) {
        mysql_options(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
        const char* socket = options.socket.empty() ? nullptr : options.socket.c_str();
        check(mysql_real_connect(handle_.get(), options.host.c_str(), options.user.c_str(),
                                 options.password.c_str(), options.database.c_str(), options.port,
                                 socket, 0) != nullptr);
    }

    void run(const std::string& sql) { check(mysql_query(handle_.get(), sql.c_str()) == 0); }

    MYSQL* handle() const noexcept { return handle_.get(); }

private:
    void check(bool is_done) {
        if (!is_done) throw std::runtime_error(mysql_error(handle_.get()));
    }

    std::unique_ptr<MYSQL, decltype(&mysql_close)> handle_;
};

class MysqlHost : public HostDatabase {
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
        return asyncjobs::soci_adapter::connect_string(options());
    }
    asyncjobs::HostTables tables() const override { return {.table_prefix = tables_.prefix()}; }
    std::string orders() const override { return tables_.prefix() + "orders"; }

protected:
    asyncjobs::soci_adapter::MysqlOptions options() const {
        using namespace asyncjobs::soci_adapter;
        return mysql_options(parse_store_url(tables_.server().value()));
    }

private:
    MysqlTables tables_;
};

/// A host that uses the client library.
class MysqlHandleHost final : public MysqlHost {
public:
    using MysqlHost::MysqlHost;
    std::unique_ptr<HostClient> connect() const override {
        return std::make_unique<HandleClient<MysqlHandle>>(options());
    }
};

} // namespace soci_test
