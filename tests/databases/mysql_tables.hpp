#pragma once

#include "db/soci_session.hpp"
#include "mysql/options.hpp"

#include "needs.hpp"

#include <soci/mysql/soci-mysql.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

namespace soci_test {

/// Another client's connection to the server, without a timeout.
class Mysql {
public:
    explicit Mysql(const std::string& url, const std::string& table_prefix = {})
        : session_(soci::mysql, connect_string(url), {}, table_prefix) {}

    void run(const std::string& sql) { session_.run(sql); }

    /// The first `columns` columns of each row, as text.
    std::vector<std::vector<std::string>> rows(const std::string& sql, std::size_t columns) {
        std::vector<std::vector<std::string>> rows;
        const std::vector<asyncjobs::soci_adapter::Column> texts(columns);
        session_.query({"test", sql, texts}).for_each([&](asyncjobs::soci_adapter::Row row) {
            auto& cells = rows.emplace_back();
            for (std::size_t i = 0; i < columns; ++i)
                cells.push_back(row.optional_text().value_or("NULL"));
        });
        return rows;
    }

    std::string value(const std::string& sql) { return rows(sql, 1).at(0).at(0); }

    soci::session& connection() { return session_.connection(); }

private:
    static std::string connect_string(const std::string& url) {
        auto options =
            asyncjobs::soci_adapter::mysql_options(asyncjobs::soci_adapter::parse_store_url(url));
        options.timeout = std::chrono::hours{1};
        return asyncjobs::soci_adapter::connect_string(options);
    }

    asyncjobs::soci_adapter::SociSession session_;
};

inline void drop_tables(Mysql& server) {
    server.run("DROP VIEW IF EXISTS jobs_readable");
    server.run("DROP TABLE IF EXISTS jobs, job_queues, job_dependencies, job_limits, job_buckets, "
               "job_slots, job_waiting, job_tombstones, job_fences, job_steps, "
               "job_workers, job_tallies, job_audit, asyncjobs_schema");
}

/// The tables of one test on a server of `needs_mariadb` or `needs_mysql`; dropped at its end.
class MysqlTables {
public:
    explicit MysqlTables(const Need& server) : server_(server) {
        static std::atomic<int> count = 0;
        prefix_ = "t" + std::to_string(::getpid()) + "_" + std::to_string(++count) + "_";
    }
    ~MysqlTables() {
        try {
            drop();
        } catch (const std::exception&) { // the server is down
        }
    }
    MysqlTables(const MysqlTables&) = delete;
    MysqlTables& operator=(const MysqlTables&) = delete;

    const std::string& prefix() const noexcept { return prefix_; }
    std::string url() const {
        const std::string server = server_.value();
        const char* joint = server.find('?') == server.npos ? "?" : "&";
        return server + joint + "table_prefix=" + prefix_;
    }
    const Need& server() const noexcept { return server_; }
    /// A connection that uses these tables.
    Mysql connect() const { return Mysql(server_.value(), prefix_); }

    void drop() const {
        auto server = connect();
        drop_tables(server);
    }

private:
    const Need& server_;
    std::string prefix_;
};

} // namespace soci_test
