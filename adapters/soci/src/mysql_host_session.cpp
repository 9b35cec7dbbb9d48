#include "host_session.hpp"
#include "mysql_dialect.hpp"
#include "mysql_session.hpp"

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr Sql settings = {"SELECT @@max_allowed_packet, @@character_set_client", "it"};

bool has_transaction(const MysqlSession& session) {
    const auto status = session.handle()->server_status;
    // Without autocommit the next statement begins one.
    return (status & SERVER_STATUS_IN_TRANS) != 0 || (status & SERVER_STATUS_AUTOCOMMIT) == 0;
}

} // namespace

HostSession borrow_mysql(soci::session& host, const HostTables& tables) {
    static const MysqlDialect dialect{{}};
    auto session = std::make_unique<MysqlSession>(host, tables.table_prefix);
    if (!has_transaction(*session)) refuse_without_transaction();
    session->reads_latest = false;
    std::string encoding;
    try {
        session->query(settings).for_first([&](Row row) {
            session->max_packet = static_cast<std::size_t>(row.number());
            encoding = row.text();
        });
    } catch (const soci::soci_error& error) {
        const Fault fault = dialect.classify(*session, error, Stage::working);
        throw Error(fault.code, fault.message);
    }
    if (encoding != "utf8mb4")
        throw Error(
            Errc::invalid_argument,
            fmt::format("the session's character set is {}, but must be utf8mb4", encoding));
    return {dialect, std::move(session)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
