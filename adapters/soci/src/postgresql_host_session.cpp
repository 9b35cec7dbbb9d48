#include "host_session.hpp"
#include "postgresql_dialect.hpp"
#include "postgresql_session.hpp"

#include <fmt/format.h>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

void check_transaction(PGconn* connection) {
    switch (PQtransactionStatus(connection)) {
    case PQTRANS_INTRANS:
        return;
    case PQTRANS_INERROR:
        throw Error(Errc::conflict, "the session's transaction has failed; roll it back");
    default:
        refuse_without_transaction();
    }
}

void check_encoding(PGconn* connection) {
    const char* encoding = PQparameterStatus(connection, "client_encoding");
    if (!encoding || encoding != std::string_view("UTF8"))
        throw Error(Errc::invalid_argument,
                    fmt::format("the session's client_encoding is {}, but must be UTF8",
                                encoding ? encoding : "unknown"));
}

} // namespace

HostSession borrow_postgresql(soci::session& host, const HostTables& tables) {
    static const PostgresqlDialect dialect{{}};
    const std::string schema = tables.schema.empty() ? "" : fmt::format("\"{}\".", tables.schema);
    auto session = std::make_unique<PostgresqlSession>(host, schema + tables.table_prefix);
    if (!session->is_connected())
        throw Error(Errc::store_unavailable, "the session is not connected");
    check_transaction(session->connection());
    check_encoding(session->connection());
    return {dialect, std::move(session)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
