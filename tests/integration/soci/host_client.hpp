#pragma once

#include <asyncjobs/soci/host_connection.hpp>

#include <soci/soci.h>

#include <string>

namespace soci_test {

/// A host's connection to its database.
class HostClient {
public:
    virtual ~HostClient() = default;

    virtual void run(const std::string& sql) = 0;
    virtual operator asyncjobs::HostConnection() = 0;

    void begin() { run("BEGIN"); }
    void commit() { run("COMMIT"); }
    void rollback() { run("ROLLBACK"); }
};

class SociClient final : public HostClient {
public:
    SociClient(const std::string& backend, const std::string& connect_string)
        : session_(backend, connect_string) {}

    void run(const std::string& sql) override { session_ << sql; }
    operator asyncjobs::HostConnection() override { return session_; }

private:
    soci::session session_;
};

/// By the client library of the database, without SOCI.
template <typename Connection>
class HandleClient final : public HostClient {
public:
    explicit HandleClient(const auto&... args) : connection_(args...) {}

    void run(const std::string& sql) override { connection_.run(sql); }
    operator asyncjobs::HostConnection() override { return connection_.handle(); }

private:
    Connection connection_;
};

} // namespace soci_test
