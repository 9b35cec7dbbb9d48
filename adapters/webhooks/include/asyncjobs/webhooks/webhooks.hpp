#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/webhooks/endpoint.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Every member is checked by Webhooks' constructor.
struct WebhookOptions {
    /// Of the deliveries, which are jobs.
    std::string queue = "webhooks";
    /// `data.status_url` is this and the job's id; empty: no such member.
    std::string status_url_prefix = {};

    /// 1-100 delays of 0 - 30 days, each less a random part of up to a fifth. There is one attempt
    /// more than delays.
    std::vector<Duration> retry_delays = {
        std::chrono::seconds{5}, std::chrono::minutes{5}, std::chrono::minutes{30},
        std::chrono::hours{2},   std::chrono::hours{5},   std::chrono::hours{10},
        std::chrono::hours{14},  std::chrono::hours{20},  std::chrono::hours{24}};
    TimeSpan timeout = std::chrono::seconds{15};     ///< 1 ms - 1 hour; of an attempt, in all
    TimeSpan retention = std::chrono::hours{24 * 7}; ///< of deliveries that have finished

    std::vector<std::uint16_t> ports = {}; ///< allowed in URLs besides 443, and 80 for http
    bool allow_http = false;               ///< allows URLs without TLS
    /// Allows receivers outside of the public internet: at private addresses, at names without a
    /// dot, such as services in a Kubernetes cluster, and under `.internal`, `.test` and similar
    /// domains.
    bool allow_private_addresses = false;
    /// PEM file of authorities trusted in addition to the system's. Empty: none.
    std::string ca_file = {};
};

/// Notifies endpoints of finished jobs (Standard Webhooks 1.0.0).
///
/// A delivery is a job that is submitted in one transaction with the job that it reports, and waits
/// for that one to finish. So every outcome is reported, in whichever process it occurs. An
/// endpoint is a pending job that no executor claims: in the queue `asyncjobs.webhooks`, with an
/// owner that is a hash of the endpoint's owner. Its secrets are stored unencrypted.
///
/// Any number of processes share a store. A change by one of them is visible to the others within
/// about a second; of concurrent changes to one endpoint, the last one wins.
///
/// Thread-safety  Full.
/// Blocking       Every member but deliver_with() calls the store on the calling thread.
/// Ownership      Borrows the store, which must outlive it; must itself outlive the executors that
///                deliver with it, or be destroyed after they have stopped.
/// Errors         Error, as thrown by the store; Errc::invalid_argument for an option or an
///                endpoint that breaks a rule; Errc::not_found for a missing endpoint; the
///                constructor throws Errc::overloaded if the system has no thread, descriptor or
///                memory left, and Errc::unsupported for a store without the capability
///                dependencies.
class ASYNCJOBS_WEBHOOKS_DECL Webhooks {
public:
    explicit Webhooks(JobStore& store, WebhookOptions options = {});
    Webhooks(JobStore& store, std::shared_ptr<Runtime> runtime, WebhookOptions options = {});
    ~Webhooks();
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

    /// Adds or changes an endpoint of this owner, and returns it. Refuses one that deliveries may
    /// not reach, for example at an address that is not public. Without secrets, it keeps its own,
    /// or gets a new one. A disabled one stays disabled unless its URL changes; `endpoint.disabled`
    /// is ignored.
    WebhookEndpoint set_endpoint(std::string_view owner, WebhookEndpoint endpoint);

    /// Throws Error (Errc::invalid_argument) for an endpoint that set_endpoint() would refuse. Does
    /// not block.
    void check(const WebhookEndpoint& endpoint) const;

    std::vector<WebhookEndpoint> endpoints(std::string_view owner); ///< by name

    /// Returns false if none exists. Pending deliveries to it fail.
    bool remove_endpoint(std::string_view owner, std::string_view name);

    /// Deliveries to a disabled endpoint fail without a retry; they can be retried by hand once it
    /// is enabled.
    void disable(std::string_view owner, std::string_view name, std::string why);
    /// Enables an endpoint again. Does not retry failed deliveries.
    void enable(std::string_view owner, std::string_view name);

    /// Gives the endpoint a new secret, and returns it. For `keep_old_for`, 0 - 366 days,
    /// notifications are signed with the old one, too.
    std::string rotate_secret(std::string_view owner, std::string_view name,
                              Duration keep_old_for = std::chrono::hours{24});

    /// Allows this owner's jobs callback URLs at `host`; the hosts of its endpoints are always
    /// allowed. Returns the endpoint that it creates for that, which receives no events.
    WebhookEndpoint allow_host(std::string_view owner, std::string_view host);

    /// Submits `job` and its deliveries, and returns the result for `job`. If its unique key is
    /// taken and the job is not refused, they report the job that holds the key.
    Submitted submit(NewJob job, std::optional<std::string> callback_url = std::nullopt);

    /// Returns the jobs to submit after `job`, in the same call: a delivery for each endpoint of
    /// its owner, and one to `callback_url`. Its id must be set: see Client::make_id(). Returns the
    /// same for the same job, so that a submit can be repeated.
    ///
    /// Errors  Errc::invalid_argument for a URL at a host where the owner has no endpoint.
    std::vector<NewJob> deliveries_of(const NewJob& job,
                                      std::optional<std::string> callback_url = std::nullopt);

    /// Retries a failed or cancelled job, like Client::retry(), and reports it again when it has
    /// finished: to the owner's current endpoints, and to `callback_url`.
    RetryOutcome retry(const JobId& id, std::optional<std::string> callback_url = std::nullopt);

    /// For hosts that retry by a Client: returns the jobs to submit before the retry, so that a
    /// crash in between loses none. `job` is the job before the retry. Empty for a delivery, which
    /// is not reported, and for a job that can't be retried.
    ///
    /// Errors  As deliveries_of().
    std::vector<NewJob> deliveries_of_retry(const Job& job,
                                            std::optional<std::string> callback_url = std::nullopt);

    /// Registers the handler of deliveries. It occupies no thread of the executor, which must serve
    /// WebhookOptions::queue and may run thousands at once (ExecutorOptions::concurrency). Sockets
    /// use real time: tests on a simulated Runtime can't deliver.
    void deliver_with(Executor& executor);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
