#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/webhooks/endpoint.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// The endpoints of all owners, stored as pending jobs that no executor claims: one for each
/// endpoint, and one for each disabled endpoint. The latter names the URL, so that it has no effect
/// once the URL has changed, and disabling an endpoint does not write what its owner changes.
///
/// Thread-safety  Full.
/// Errors         As thrown by the store.
class EndpointRegistry {
public:
    EndpointRegistry(JobStore& store, std::shared_ptr<Runtime> runtime)
        : runtime_(std::move(runtime)), client_(store, runtime_) {}

    /// By name; up to a second old.
    std::vector<WebhookEndpoint> known(const std::string& owner);

    /// By name; read from the store.
    std::vector<WebhookEndpoint> read(const std::string& owner);

    void put(const std::string& owner, const WebhookEndpoint& endpoint);
    bool remove(const std::string& owner, std::string_view name);
    void disable(const std::string& owner, const WebhookEndpoint& endpoint, std::string why);
    void enable(const std::string& owner, std::string_view name);

private:
    struct Page {
        std::vector<WebhookEndpoint> endpoints = {};
        SteadyTime read_at = {};
    };

    std::vector<Job> records(const std::string& owner);
    bool erase(const std::string& owner, std::string_view type, std::string_view name);
    void forget(const std::string& owner);

    const std::shared_ptr<Runtime> runtime_;
    Client client_;
    std::mutex mutex_;
    std::map<std::string, Page> pages_; ///< by owner
};

/// The endpoint of that name; nullptr if none exists.
const WebhookEndpoint* find_endpoint(const std::vector<WebhookEndpoint>& endpoints,
                                     std::string_view name);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
