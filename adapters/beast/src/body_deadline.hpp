#pragma once

#include <asyncjobs/beast/server.hpp>

#include <chrono>
#include <cstdint>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// How long after its begin a body may still be coming when `received` bytes of it have: never
/// longer than the time for the whole, and no longer than the minimum rate explains.
inline Duration body_time(const ServerOptions& options, std::uint64_t received) noexcept {
    if (options.min_body_rate == 0) return options.body_timeout;
    using Seconds = std::chrono::duration<double>;
    const Seconds explained =
        Seconds(options.rate_grace) +
        Seconds(static_cast<double>(received) / static_cast<double>(options.min_body_rate));
    if (explained >= Seconds(options.body_timeout)) return options.body_timeout;
    return std::chrono::duration_cast<Duration>(explained);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
