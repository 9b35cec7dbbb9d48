#include "store/host_session.hpp"
#include "postgresql/dialect.hpp"
#include "postgresql/fault.hpp"
#include "postgresql/session.hpp"
#include "postgresql/statements.hpp"

#include <fmt/format.h>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

void check_transaction(PGconn* connection) {
    if (PQtransactionStatus(connection) == PQTRANS_ACTIVE ||
        PQpipelineStatus(connection) != PQ_PIPELINE_OFF)
        throw Error(Errc::conflict, "the connection is executing a command or is in pipeline mode; "
                                    "read all results and leave that mode first");
    switch (PQtransactionStatus(connection)) {
    case PQTRANS_INTRANS:
        return;
    case PQTRANS_INERROR:
        throw Error(Errc::conflict, "the connection's transaction has failed; roll it back");
    default:
        refuse_without_transaction();
    }
}

void check_encoding(PGconn* connection) {
    const char* encoding = PQparameterStatus(connection, "client_encoding");
    if (!encoding || encoding != std::string_view("UTF8"))
        throw Error(Errc::invalid_argument,
                    fmt::format("the connection's client_encoding is {}, but must be UTF8",
                                encoding ? encoding : "unknown"));
}

/// Sets what a batch relies on, and restores the host's settings.
class HostPostgresqlSession final : public PostgresqlSession {
public:
    HostPostgresqlSession(PGconn* host, std::string table_prefix, bool must_allow_nulls)
        : PostgresqlSession(host, std::move(table_prefix)), must_allow_nulls_(must_allow_nulls) {
        if (must_allow_nulls_) execute("SET LOCAL array_nulls = on");
    }
    ~HostPostgresqlSession() override {
        if (!must_allow_nulls_ || PQtransactionStatus(connection()) != PQTRANS_INTRANS) return;
        try {
            execute("SET LOCAL array_nulls = off");
        } catch (const soci::soci_error&) { // the connection is lost
        }
    }

private:
    const bool must_allow_nulls_;
};

std::unique_ptr<Session> open_in(PGconn* host, const HostTables& tables) {
    std::string schema = tables.schema.empty() ? "" : fmt::format("\"{}\".", tables.schema);
    std::string array_nulls;
    PostgresqlSession(host, "")
        .query(postgresql::sql.host_settings)
        .for_first(
            [&](Row row) {
                const auto found = row.optional_text();
                if (schema.empty()) schema = found.value_or("");
                array_nulls = row.text();
            },
            tables.table_prefix + "asyncjobs_schema");
    return std::make_unique<HostPostgresqlSession>(host, schema + tables.table_prefix,
                                                   array_nulls == "off");
}

} // namespace

HostSession borrow_postgresql(HostConnection host, const HostTables& tables) {
    static const PostgresqlDialect dialect{{}};
    auto* const connection = handle_of<soci::postgresql_session_backend>(host);
    if (PQstatus(connection) != CONNECTION_OK)
        throw Error(Errc::store_unavailable, "the connection is closed or lost");
    check_transaction(connection);
    check_encoding(connection);
    try {
        return {dialect, open_in(connection, tables)};
    } catch (const soci::postgresql_soci_error& error) {
        const Fault fault = postgresql_fault(error.sqlstate(),
                                             PQstatus(connection) == CONNECTION_OK, Stage::working);
        throw Error(fault.code, fault.message);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
