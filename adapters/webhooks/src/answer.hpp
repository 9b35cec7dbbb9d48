#pragma once

#include <asyncjobs/time.hpp>

#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// What a receiver said, as far as anybody looks at it.
struct Answer {
    unsigned status = 0;
    std::string retry_after = {}; ///< the header; empty: there is none
};

/// What an Answer means.
enum class Reception {
    taken,   ///< 2xx
    refused, ///< to be tried again
    busy,    ///< likewise, but not before the receiver says: 429, 503
    gone,    ///< 410: it wants no more
};

Reception reception_of(const Answer& answer) noexcept;

/// How long a `Retry-After` of seconds or of a date asks to wait, 0 - 24 hours; 0 for anything
/// else.
Duration wait_asked_for(const std::string& retry_after, Timestamp now);

/// How long after the failed `attempt` (from 1) the next one starts: by `delays`, whose last one
/// holds for all further attempts, less a random part of up to a fifth; `chance` is from 0 to below
/// 1.
Duration delay_after(const std::vector<Duration>& delays, int attempt, double chance);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
