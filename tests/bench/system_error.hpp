#pragma once

#include <cerrno>
#include <system_error>

namespace bench {

/// Throws errno as a std::system_error.
[[noreturn]] inline void throw_system_error(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

} // namespace bench
