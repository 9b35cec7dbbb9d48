#pragma once

#include "target.hpp"

#include <asyncjobs/webhooks/endpoint.hpp>

#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// The target of a delivery, and the endpoint whose secrets sign it.
struct Destination {
    Target target = {};
    WebhookEndpoint endpoint = {};
};

/// The destination of a callback. Throws Error (Errc::invalid_argument) for a URL that breaks a
/// rule, or whose host no enabled endpoint has.
Destination at_host_of(const std::vector<WebhookEndpoint>& endpoints,
                       const std::string& callback_url, const TargetRules& rules);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
