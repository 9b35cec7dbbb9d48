#pragma once

#include <asyncjobs/beast/server.hpp>

#include <chrono>
#include <cstdint>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// The time from its begin within which the rest of a body must arrive after `received` bytes: what
/// the minimum rate allows, at most ServerOptions::body_timeout.
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
