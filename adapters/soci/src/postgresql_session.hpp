#pragma once

#include "session.hpp"

#include <asyncjobs/time.hpp>

#include <soci/postgresql/soci-postgresql.h>

#include <string>

namespace asyncjobs::soci_adapter {

/// Statements without parameters go to libpq itself: a string may hold several, which cost one
/// round trip, and each answer is looked at.
class PostgresqlSession : public Session {
public:
    /// `connect_string` is a URL, as SOCI takes other forms apart at each space.
    PostgresqlSession(const std::string& connect_string, const std::string& table_prefix);

    /// Over a host's, which is a PostgreSQL session.
    PostgresqlSession(soci::session& host, std::string table_prefix);

    /// Answers the first column of the last statement's first row; empty if there is none. Throws
    /// soci::postgresql_soci_error.
    std::string execute(const std::string& statements);

    /// Throws soci::postgresql_soci_error if it was rolled back instead.
    void commit();

    bool is_connected() const noexcept { return PQstatus(connection()) == CONNECTION_OK; }
    bool is_in_transaction() const noexcept {
        return PQtransactionStatus(connection()) != PQTRANS_IDLE;
    }
    PGconn* connection() const noexcept { return backend_.conn_; }

    Timestamp now = {}; ///< of the current call

private:
    soci::postgresql_session_backend& backend_;
};

inline PostgresqlSession& as_postgresql(Session& session) noexcept {
    return static_cast<PostgresqlSession&>(session);
}

} // namespace asyncjobs::soci_adapter
