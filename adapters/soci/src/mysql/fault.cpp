#include "mysql/fault.hpp"

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Errors of the client library (2000 to 2999) and of the server, by the names that their manuals
/// use. Some exist in only one of MySQL and MariaDB, so there is no header that has them all.
enum : unsigned {
    er_error_on_write = 3,
    er_record_changed = 1020,
    er_disk_full = 1021,
    er_error_on_write_server = 1026,
    er_get_errno = 1030,
    er_out_of_resources = 1041,
    er_too_many_connections = 1040,
    er_unknown_command = 1047, ///< of a Galera node that is not part of the cluster
    er_server_shutdown = 1053,
    er_record_file_full = 1114,
    er_net_packet_too_large = 1153,
    er_net_read_error = 1158,
    er_net_read_interrupted = 1159,
    er_net_error_on_write = 1160,
    er_net_write_interrupted = 1161,
    er_error_during_commit = 1180,
    er_too_many_user_connections = 1203,
    er_lock_wait_timeout = 1205,
    er_lock_table_full = 1206,
    er_deadlock = 1213,
    er_user_limit_reached = 1226,
    er_option_prevents_statement = 1290,
    er_packet_overflowed = 1301,
    er_query_interrupted = 1317,
    er_too_many_transactions = 1637,
    er_read_only_mode = 1836,
    er_connection_killed = 1927,
    er_statement_timeout_mariadb = 1969,
    er_statement_timeout_mysql = 3024,
    er_lock_nowait = 3572,
    er_idle_killed = 4031,

    cr_connection_error = 2002,
    cr_connect_to_host_error = 2003,
    cr_unknown_host = 2005,
    cr_server_gone = 2006,
    cr_server_handshake_error = 2012,
    cr_server_lost = 2013,
    cr_packet_too_large = 2020,
    cr_ssl_error = 2026,
    cr_malformed_packet = 2027,
    cr_server_lost_extended = 2055,
};

bool is_lost_connection(unsigned error) noexcept {
    switch (error) {
    case er_unknown_command:
    case er_server_shutdown:
    case er_net_read_error:
    case er_net_read_interrupted:
    case er_net_error_on_write:
    case er_net_write_interrupted:
    case er_connection_killed:
    case er_idle_killed:
    case cr_connection_error:
    case cr_connect_to_host_error:
    case cr_unknown_host:
    case cr_server_gone:
    case cr_server_handshake_error:
    case cr_server_lost:
    case cr_ssl_error:
    case cr_malformed_packet:
    case cr_server_lost_extended:
        return true;
    default:
        return false;
    }
}

bool reports_full_disk(std::string_view text) noexcept {
    return text.find("rror 28") != text.npos || text.find("rrno: 28") != text.npos ||
           text.find("rrcode: 28") != text.npos;
}

struct Meaning {
    Errc code;
    std::string_view words;
};

Meaning meaning_of(unsigned error, std::string_view text) noexcept {
    if (is_lost_connection(error))
        return {Errc::store_unavailable, "the connection to the server is lost"};
    if (is_duplicate(error)) return {Errc::store_busy, "another transaction took the key first"};
    switch (error) {
    case er_lock_wait_timeout:
    case er_lock_nowait:
        return {Errc::store_busy, "another transaction held a lock for too long"};
    case er_deadlock:
        return {Errc::store_busy, "the transaction was rolled back to resolve a deadlock"};
    case er_record_changed:
        return {Errc::store_busy,
                "the transaction was rolled back, as another changed a row after its snapshot"};
    case er_lock_table_full:
    case er_too_many_transactions:
        return {Errc::store_busy, "the server's limit of locks or transactions is reached"};
    case er_query_interrupted:
    case er_statement_timeout_mariadb:
    case er_statement_timeout_mysql:
        return {Errc::store_busy, "the statement was interrupted"};
    case er_too_many_connections:
    case er_too_many_user_connections:
    case er_user_limit_reached:
    case er_out_of_resources:
        return {Errc::store_unavailable, "the server accepts no more connections"};
    case er_option_prevents_statement:
    case er_read_only_mode:
        return {Errc::store_unavailable, "the server does not accept writes"};
    case er_disk_full:
    case er_record_file_full:
        return {Errc::store_full, "the server has no space left"};
    case er_error_on_write:
    case er_error_on_write_server:
    case er_get_errno:
        if (reports_full_disk(text)) return {Errc::store_full, "the server has no space left"};
        return {Errc::store_unavailable, "the server can't read or write its files"};
    case er_net_packet_too_large:
    case er_packet_overflowed:
    case cr_packet_too_large:
        return {Errc::invalid_payload,
                "a payload is too large for the server's max_allowed_packet"};
    default:
        return {Errc::store_failure, "the server refused a statement"};
    }
}

} // namespace

Fault mysql_fault(unsigned error, Stage stage, std::string_view text) {
    const auto [code, words] = meaning_of(error, text);
    const bool is_lost = is_lost_connection(error);
    Fault fault;
    fault.code = code;
    fault.message = fmt::format("MySQL: {} (error {})", words, error);
    fault.session_is_lost = code != Errc::store_busy && code != Errc::store_full;
    fault.is_worth_repeating = error == er_deadlock || error == er_record_changed ||
                               is_duplicate(error) || (is_lost && stage == Stage::working);
    if (stage == Stage::committing &&
        (is_lost || error == er_error_during_commit || error == er_query_interrupted ||
         error == er_statement_timeout_mariadb)) {
        fault.code = Errc::unknown_outcome;
        fault.session_is_lost = true;
    }
    return fault;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
