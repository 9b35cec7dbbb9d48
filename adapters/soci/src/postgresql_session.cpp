#include "postgresql_session.hpp"

#include <memory>

namespace asyncjobs::soci_adapter {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

Result result_of(PGconn* connection, const char* statements) {
    Result result(PQexec(connection, statements), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    throw soci::postgresql_soci_error("a statement failed", sqlstate ? sqlstate : "08006");
}

} // namespace

PostgresqlSession::PostgresqlSession(const std::string& connect_string,
                                     const std::string& table_prefix)
    : Session(soci::postgresql, connect_string, table_prefix),
      backend_(
          static_cast<soci::postgresql_session_backend&>(*Session::connection().get_backend())) {
    PQsetNoticeProcessor(
        connection(), [](void*, const char*) {}, nullptr);
}

PostgresqlSession::PostgresqlSession(soci::session& host, std::string table_prefix)
    : Session(host, std::move(table_prefix)),
      backend_(static_cast<soci::postgresql_session_backend&>(*host.get_backend())) {}

std::string PostgresqlSession::execute(const std::string& statements) {
    const Result result = result_of(connection(), statements.c_str());
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

void PostgresqlSession::commit() {
    // The COMMIT of a transaction that failed succeeds, and says ROLLBACK.
    const Result result = result_of(connection(), "COMMIT");
    if (std::string_view(PQcmdStatus(result.get())) != "COMMIT")
        throw soci::postgresql_soci_error("the transaction was rolled back", "25P02");
}

} // namespace asyncjobs::soci_adapter
