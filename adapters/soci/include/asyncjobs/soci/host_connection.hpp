#pragma once

#include <asyncjobs/config.hpp>

namespace soci {
class session;
}

namespace asyncjobs::inline ASYNCJOBS_ABI {

// The client libraries' types are recognised by a function that takes them. A declaration of
// `sqlite3` here would make SOCI's factory of the same name ambiguous for hosts that are `using
// namespace soci`, and `MYSQL` is declared differently by MariaDB and by Oracle.
namespace detail {
template <typename Handle>
concept SqliteHandle = requires(Handle* handle) {
    sqlite3_get_autocommit(handle);
};
template <typename Handle>
concept PostgresqlHandle = requires(Handle* handle) {
    PQconsumeInput(handle);
};
template <typename Handle>
concept MysqlHandle = requires(Handle* handle) {
    mysql_thread_id(handle);
};
} // namespace detail

/// A host's open connection to the database: a SOCI session or the handle of a client library,
/// whose header the host includes. Converts implicitly from each.
///
/// Ownership  The connection is borrowed, and must outlive this.
class ASYNCJOBS_VISIBLE HostConnection {
public:
    /// How the host has opened the connection.
    enum class Kind {
        soci,
        sqlite,
        postgresql,
        mysql, ///< or MariaDB
    };

    /// With SOCI's SQLite, PostgreSQL or MySQL backend.
    HostConnection(soci::session& session) noexcept : kind_(Kind::soci), handle_(&session) {}

    /// A `sqlite3*`.
    template <detail::SqliteHandle Handle>
    HostConnection(Handle* handle) noexcept : kind_(Kind::sqlite), handle_(handle) {}

    /// A `PGconn*`.
    template <detail::PostgresqlHandle Handle>
    HostConnection(Handle* handle) noexcept : kind_(Kind::postgresql), handle_(handle) {}

    /// A `MYSQL*` of the client library that this library is linked with.
    template <detail::MysqlHandle Handle>
    HostConnection(Handle* handle) noexcept : kind_(Kind::mysql), handle_(handle) {}

    /// Returns how the host has opened the connection.
    Kind kind() const noexcept { return kind_; }

    /// Returns the address of the session, or the client library's handle.
    void* handle() const noexcept { return handle_; }

private:
    Kind kind_;
    void* handle_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
