#pragma once

#include <asyncjobs/time.hpp>

#include <chrono>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Exponential backoff: `first * factor^(attempt-1)`, at most `most`, less a random part of up to
/// `jitter` of it.
struct Backoff {
    Duration first = std::chrono::seconds{1}; ///< above 0
    double factor = 2.0;                      ///< 1-100
    Duration most = std::chrono::hours{1};    ///< not below `first`
    double jitter = 0.2;                      ///< 0-1
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
