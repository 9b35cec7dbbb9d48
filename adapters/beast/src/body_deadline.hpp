#pragma once

#include <asyncjobs/beast/server.hpp>

#include <algorithm>
#include <cstdint>

namespace asyncjobs::beast {

/// How long after its begin a body may still be coming when `received` bytes of it have: never
/// longer than the time for the whole, and no longer than the minimum rate explains.
inline Duration body_time(const ServerOptions& options, std::uint64_t received) noexcept {
    if (options.min_body_rate == 0) return options.body_timeout;
    const auto earned = std::chrono::seconds{received / options.min_body_rate};
    if (earned > options.body_timeout) return options.body_timeout;
    return std::min<Duration>(options.body_timeout, options.rate_grace + earned);
}

} // namespace asyncjobs::beast
