#pragma once

#include <asyncjobs/error.hpp>

#include <cerrno>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

inline bool is_out_of_space(const std::error_code& code) {
#ifdef EDQUOT // Windows has none
    if (code.value() == EDQUOT) return true;
#endif
    return code == std::errc::no_space_on_device || code == std::errc::file_too_large;
}

/// Calls `function`; errors of the file system become an Error.
template <typename Function>
decltype(auto) on_disk(Function function) {
    try {
        return function();
    } catch (const Error&) {
        throw;
    } catch (const std::system_error& error) {
        const auto& code = error.code();
        const bool full = is_out_of_space(code);
        const bool scarce = code == std::errc::too_many_files_open ||
                            code == std::errc::too_many_files_open_in_system ||
                            code == std::errc::not_enough_memory;
        throw Error(full     ? Errc::store_full
                    : scarce ? Errc::store_unavailable
                             : Errc::store_failure,
                    error.what());
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
