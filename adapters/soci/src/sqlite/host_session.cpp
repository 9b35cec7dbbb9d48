#include "store/host_session.hpp"
#include "db/soci_session.hpp"
#include "sqlite/dialect.hpp"
#include "sqlite/fragments.hpp"
#include "sqlite/soci_sqlite3.hpp"

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Returns a session of SOCI over the host's handle, which it does not close.
std::shared_ptr<soci::session> session_over(sqlite_api::sqlite3* handle) {
    const auto handle_in = [](soci::session& session) -> sqlite_api::sqlite3*& {
        return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
    };
    const auto give_back = [handle_in](soci::session* session) {
        handle_in(*session) = nullptr; // which SQLite may close
        delete session;
    };
    std::unique_ptr<soci::session> session;
    try {
        session = std::make_unique<soci::session>(soci::sqlite3, "dbname=:memory:");
    } catch (const soci::soci_error& error) {
        throw Error(Errc::overloaded, error.what());
    }
    sqlite_api::sqlite3_close(std::exchange(handle_in(*session), handle));
    return {session.release(), give_back};
}

std::shared_ptr<soci::session> session_of(HostConnection host) {
    if (host.kind() == HostConnection::Kind::soci)
        return {std::shared_ptr<void>(), static_cast<soci::session*>(host.handle())}; // not owned
    return session_over(handle_of<soci::sqlite3_session_backend>(host));
}

} // namespace

HostSession borrow_sqlite(HostConnection host, const HostTables& tables) {
    static const SqliteDialect dialect{{}};
    if (sqlite_api::sqlite3_get_autocommit(handle_of<soci::sqlite3_session_backend>(host)))
        refuse_without_transaction();
    return {dialect, std::make_unique<SociSession>(session_of(host), sqlite::fragments,
                                                   tables.table_prefix)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
