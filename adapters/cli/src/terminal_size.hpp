#pragma once

#include <asyncjobs/config.hpp>

#include <sys/ioctl.h>

#include <algorithm>
#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// In characters.
struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

/// 80 × 24 if it is unknown.
inline TerminalSize size_of_terminal(int descriptor) noexcept {
    winsize size = {};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {};
    return {.columns = std::max<std::size_t>(size.ws_col, 2), .rows = size.ws_row};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
