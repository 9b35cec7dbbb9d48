#pragma once

#include <asyncjobs/files/file_store.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

inline Timestamp now(const Clock& clock) {
    return clock ? clock() : std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
