#pragma once

#include "delivery.hpp"
#include "destination.hpp"
#include "endpoint_registry.hpp"
#include "webhook_client.hpp"

#include <asyncjobs/executor.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <memory>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// Handles deliveries for executors. An attempt calls the store on a lane, and waits for its
/// destination without a thread.
///
/// Thread-safety  Full.
/// Ownership      Borrows the options, the rules and the registry; must outlive the executors that
///                it works for, or be destroyed after they have stopped.
class Deliverer {
public:
    /// Throws as WebhookClient does.
    Deliverer(const WebhookOptions& options, const TargetRules& rules,
              std::shared_ptr<Runtime> runtime, EndpointRegistry& registry);

    void register_with(Executor& executor);

private:
    struct Attempt;

    void prepare(const std::shared_ptr<Attempt>& attempt);
    void conclude(const std::shared_ptr<Attempt>& attempt);
    Message message_for(JobContext& context, const Delivery& delivery) const;
    Destination destination_of(const std::string& owner, const Delivery& delivery);
    WebhookRequest request_of(const Message& message, const WebhookEndpoint& endpoint) const;
    JobFailure failure_of(const WebhookResponse& response, int attempt) const;

    const WebhookOptions& options_;
    const TargetRules& rules_;
    const std::shared_ptr<Runtime> runtime_;
    EndpointRegistry& registry_;
    WebhookClient client_;
    std::unique_ptr<Lane> lane_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
