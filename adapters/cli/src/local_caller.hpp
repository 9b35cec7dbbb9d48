#pragma once

#include <asyncjobs/config.hpp>

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// `ann@host`, for the audit.
inline std::string local_caller() {
    std::array<char, 256> host = {};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    const char* user = std::getenv("USER");
    return (user && *user ? user : std::to_string(::getuid())) + '@' + host.data();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
