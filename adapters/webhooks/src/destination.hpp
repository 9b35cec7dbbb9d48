#pragma once

#include "target.hpp"

#include <asyncjobs/webhooks/endpoint.hpp>

#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// Where a delivery goes, and whose secrets sign it.
struct Destination {
    Target target = {};
    WebhookEndpoint endpoint = {};
};

/// The destination of a callback. Throws Error (Errc::invalid_argument) for an URL that breaks a
/// rule, or that is not at the host of an endpoint which is enabled.
Destination at_host_of(const std::vector<WebhookEndpoint>& endpoints,
                       const std::string& callback_url, const TargetRules& rules);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
