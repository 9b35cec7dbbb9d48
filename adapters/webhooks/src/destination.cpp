#include "destination.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

Destination at_host_of(const std::vector<WebhookEndpoint>& endpoints,
                       const std::string& callback_url, const TargetRules& rules) {
    auto target = parse_target("callback_url", callback_url, rules);
    for (const auto& endpoint : endpoints)
        if (endpoint.disabled.empty() &&
            parse_target("url", endpoint.url, rules).host == target.host)
            return {std::move(target), endpoint};
    detail::refuse("callback_url", callback_url,
                   "must have the host of one of the owner's endpoints");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
