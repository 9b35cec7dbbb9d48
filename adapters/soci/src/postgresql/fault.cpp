#include "postgresql/fault.hpp"

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

struct SqlstateMeaning {
    std::string_view sqlstate; ///< or its prefix
    std::string_view words;
    Errc code;
    bool session_is_lost = false;
    bool is_worth_repeating = false;
};

// More specific entries come first.
constexpr SqlstateMeaning meanings[] = {
    {"40001", "serialization failure", Errc::store_busy, false, true},
    {"40P01", "deadlock", Errc::store_busy, false, true},
    {"23505", "another transaction took the key first", Errc::store_busy, false, true},
    {"55P03", "another transaction held a lock for too long", Errc::store_busy},
    {"57014", "a statement took too long", Errc::store_busy},
    {"53100", "disk full", Errc::store_full},
    {"53300", "too many connections", Errc::store_unavailable, true},
    {"53", "out of resources", Errc::store_unavailable},
    {"08", "the connection was lost", Errc::store_unavailable, true, true},
    {"57P", "the server ended the connection", Errc::store_unavailable, true, true},
    {"25P03", "the transaction was idle for too long", Errc::store_unavailable, true, true},
    {"25006", "the server is read-only", Errc::store_unavailable, true},
    // A pooler has given the statements' session to another client, or a migration has changed the
    // table.
    {"26000", "a prepared statement is missing", Errc::store_unavailable, true, true},
    {"0A000", "a prepared statement is out of date", Errc::store_unavailable, true, true},
    {"22021", "a text is no valid UTF-8", Errc::invalid_payload},
};

} // namespace

Fault postgresql_fault(std::string_view sqlstate, bool is_connected, Stage stage) {
    Fault fault;
    std::string_view words = "fault";
    for (const SqlstateMeaning& meaning : meanings) {
        if (!sqlstate.starts_with(meaning.sqlstate)) continue;
        words = meaning.words;
        fault.code = meaning.code;
        fault.session_is_lost = meaning.session_is_lost;
        fault.is_worth_repeating = meaning.is_worth_repeating;
        break;
    }
    if (!is_connected && !fault.session_is_lost) {
        words = "the connection was lost";
        fault.code = Errc::store_unavailable;
        fault.session_is_lost = fault.is_worth_repeating = true;
    }
    if (fault.session_is_lost && stage == Stage::committing) {
        fault.code = Errc::unknown_outcome;
        fault.is_worth_repeating = false;
    }
    fault.message = fmt::format("PostgreSQL: {} (sqlstate {})", words, sqlstate);
    return fault;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
