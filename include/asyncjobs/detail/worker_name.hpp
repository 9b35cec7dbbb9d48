#pragma once

#include <asyncjobs/detail/text_rules.hpp>

#include <boost/asio/ip/host_name.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <string>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

inline int process_id() {
#ifdef _WIN32
    return ::_getpid();
#else
    return ::getpid();
#endif
}

/// The name of this machine, shortened; `host` if it has none.
inline std::string host_name() {
    constexpr std::size_t longest = 64;
    boost::system::error_code failed;
    const std::string name = boost::asio::ip::host_name(failed).substr(0, longest);
    return failed ? "host" : printable(name);
}

/// Unique to one executor, so that leases_of() returns its own leases only.
inline std::string worker_name(const std::string& requested, std::uint64_t random_bits) {
    const std::string base =
        requested.empty() ? fmt::format("{}:{}", host_name(), process_id()) : requested;
    return fmt::format("{}/{:08x}", base, random_bits & 0xFFFFFFFF);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
