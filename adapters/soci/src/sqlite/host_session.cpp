#include "store/host_session.hpp"
#include "db/soci_session.hpp"
#include "sqlite/dialect.hpp"
#include "sqlite/soci_sqlite3.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

HostSession borrow_sqlite(soci::session& host, const HostTables& tables) {
    static const SqliteDialect dialect{{}};
    auto* connection = static_cast<soci::sqlite3_session_backend*>(host.get_backend())->conn_;
    if (sqlite_api::sqlite3_get_autocommit(connection)) refuse_without_transaction();
    // Refers to the host's session without owning it.
    std::shared_ptr<soci::session> borrowed(std::shared_ptr<void>(), &host);
    return {dialect, std::make_unique<SociSession>(std::move(borrowed), sqlite::fragments,
                                                   tables.table_prefix)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
