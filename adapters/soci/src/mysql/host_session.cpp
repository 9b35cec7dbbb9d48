#include "store/host_session.hpp"
#include "mysql/dialect.hpp"
#include "mysql/session.hpp"
#include "mysql/statements.hpp"

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

void must_be_utf8mb4(std::string_view encoding) {
    if (encoding != "utf8mb4")
        throw Error(
            Errc::invalid_argument,
            fmt::format("the connection's character set is {}, but must be utf8mb4", encoding));
}

void must_not_be(bool is_so, std::string_view what) {
    if (is_so)
        throw Error(Errc::invalid_argument,
                    fmt::format("the connection has {}, under which the store's statements do not "
                                "work",
                                what));
}

/// Refuses settings of the host under which the statements do not work.
void check_settings(MysqlSession& session) {
    session.query(mysql::sql.host_settings).for_first([&](Row row) {
        session.max_packet = static_cast<std::size_t>(row.number());
        for (int i = 0; i < 3; ++i) must_be_utf8mb4(row.optional_text().value_or("utf8mb4"));
        const std::string mode = row.take_text();
        for (const std::string_view word : {"ORACLE", "EMPTY_STRING_IS_NULL"})
            must_not_be(mode.find(word) != mode.npos, fmt::format("the sql_mode {}", word));
        must_not_be(row.number() != 0, "sql_safe_updates");
        must_not_be(row.number() != 0, "a sql_select_limit below a million");
    });
}

bool has_transaction(const MysqlSession& session) {
    const auto status = session.handle()->server_status;
    // Without autocommit, the next statement begins a transaction.
    return (status & SERVER_STATUS_IN_TRANS) != 0 || (status & SERVER_STATUS_AUTOCOMMIT) == 0;
}

} // namespace

HostSession borrow_mysql(HostConnection host, const HostTables& tables) {
    static const MysqlDialect dialect{{}};
    auto session = std::make_unique<MysqlSession>(handle_of<soci::mysql_session_backend>(host),
                                                  tables.table_prefix);
    if (!has_transaction(*session)) refuse_without_transaction();
    session->reads_latest = false;
    try {
        check_settings(*session);
    } catch (const soci::soci_error& error) {
        const Fault fault = dialect.classify(*session, error, Stage::working);
        throw Error(fault.code, fault.message);
    }
    return {dialect, std::move(session)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
