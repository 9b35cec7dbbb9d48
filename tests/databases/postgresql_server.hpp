#pragma once

#include "needs.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace soci_test {

/// Another client's connection to a database, without SOCI.
class Postgresql {
public:
    explicit Postgresql(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {
        if (PQstatus(connection_.get()) != CONNECTION_OK)
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        run("SET client_min_messages = error");
    }

    /// The rows' first column.
    std::vector<std::string> column(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(
            PQexec(connection_.get(), sql.c_str()), &PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        std::vector<std::string> rows;
        for (int i = 0; i < PQntuples(result.get()); ++i)
            rows.emplace_back(PQgetvalue(result.get(), i, 0));
        return rows;
    }

    void run(const std::string& sql) { column(sql); }
    std::string value(const std::string& sql) { return column(sql).at(0); }

    PGconn* handle() const noexcept { return connection_.get(); }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

/// The schema of one test on the server of `needs_postgresql`; dropped at its end.
class PostgresqlSchema {
public:
    PostgresqlSchema() {
        static std::atomic<int> count = 0;
        name_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    }
    ~PostgresqlSchema() {
        try {
            Postgresql(server_).run("DROP SCHEMA IF EXISTS " + name_ + " CASCADE");
        } catch (const std::exception&) { // the server may be down
        }
    }
    PostgresqlSchema(const PostgresqlSchema&) = delete;
    PostgresqlSchema& operator=(const PostgresqlSchema&) = delete;

    const std::string& name() const noexcept { return name_; }
    std::string url() const { return server_ + "?schema=" + name_; }

    /// Another client's connection, which sees the tables of this schema.
    Postgresql connect() const {
        Postgresql other(server_);
        other.run("SET search_path = " + name_);
        return other;
    }

    /// Ends the sessions of all stores in this process, except `other`'s.
    void end_sessions(Postgresql& other) const {
        other.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  " WHERE application_name = '" +
                  name_ + "' AND pid <> pg_backend_pid()");
    }
    /// As url(), for a store whose sessions end_sessions() finds.
    std::string url_to_end() const { return url() + "&application_name=" + name_; }

private:
    const std::string server_ = needs_postgresql.value();
    std::string name_;
};

} // namespace soci_test
