#include "sqlite/fault.hpp"

#include "sqlite/soci_sqlite3.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

bool is_out_of_space(int system_errno) noexcept {
#ifdef EDQUOT // Windows has none
    if (system_errno == EDQUOT) return true;
#endif
    return system_errno == ENOSPC || system_errno == EFBIG;
}

Errc code_of(int result, int system_errno, Stage stage) noexcept {
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return Errc::store_busy;
    case SQLITE_FULL:
        return Errc::store_full;
    case SQLITE_IOERR:
        if (stage == Stage::committing && result != SQLITE_IOERR_WRITE)
            return Errc::unknown_outcome;
        return is_out_of_space(system_errno) ? Errc::store_full : Errc::store_unavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
        return Errc::store_unavailable;
    default:
        return Errc::store_failure;
    }
}

} // namespace

Fault sqlite_fault(int result, int system_errno, Stage stage, std::string_view message) {
    Fault fault;
    fault.code = code_of(result, system_errno, stage);
    fault.message = fmt::format("SQLite: {} (result code {})", message, result);
    fault.session_is_lost = fault.code != Errc::store_busy && fault.code != Errc::store_full;
    return fault;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
