#pragma once

#include <asyncjobs/time.hpp>

#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// The parts of a receiver's response that deliveries use.
struct WebhookResponse {
    unsigned status = 0;
    std::string retry_after = {}; ///< the header; empty if absent
};

/// What a response means for a delivery.
enum class Reception {
    taken,   ///< 2xx
    refused, ///< retry
    busy,    ///< 429, 503: retry, but not before `Retry-After`
    gone,    ///< 410: disable the endpoint
};

Reception reception_of(const WebhookResponse& response) noexcept;

/// The wait that `Retry-After` requests, in seconds or as a date, 0 - 24 hours; 0 for anything
/// else.
Duration wait_asked_for(const std::string& retry_after, Timestamp now);

/// The delay between the failed `attempt` (from 1) and the next one: its element of `delays`, or
/// the last one, less a random part of up to a fifth. `chance` is in [0, 1).
Duration delay_after(const std::vector<Duration>& delays, int attempt, double chance);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
