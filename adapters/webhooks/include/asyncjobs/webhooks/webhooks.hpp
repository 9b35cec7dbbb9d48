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
    /// What a job's id is appended to for `data.status_url`; empty: there is none.
    std::string status_url_prefix = {};

    /// 1-100 of 0 - 30 days; each less a random part of up to a fifth. There is one attempt more.
    std::vector<Duration> retry_delays = {
        std::chrono::seconds{5}, std::chrono::minutes{5}, std::chrono::minutes{30},
        std::chrono::hours{2},   std::chrono::hours{5},   std::chrono::hours{10},
        std::chrono::hours{14},  std::chrono::hours{20},  std::chrono::hours{24}};
    TimeSpan timeout = std::chrono::seconds{15};     ///< 1 ms - 1 hour; of an attempt, in all
    TimeSpan retention = std::chrono::hours{24 * 7}; ///< of deliveries that have finished

    std::vector<std::uint16_t> ports = {}; ///< that URLs may have besides 443, and 80 of http
    bool allow_http = false;               ///< URLs without TLS
    /// Receivers that are not on the public internet: at private addresses, at names without a dot,
    /// such as services of one's own Kubernetes cluster, and under `.internal`, `.test` and the
    /// like.
    bool allow_private_addresses = false;
    /// PEM; of authorities that are trusted besides the system's. Empty: none.
    std::string ca_file = {};
};

/// Tells others how jobs ended, as Standard Webhooks 1.0.0 says.
///
/// A delivery is a job that is submitted in one transaction with the job that it tells of, and
/// waits for that one to finish; so whichever way it ends, in whichever process, it is told. An
/// endpoint is a pending job that nobody claims: in the queue `asyncjobs.webhooks`, with an owner
/// that is a hash of the endpoint's. Its secrets are in the store as they are.
///
/// Several in any number of processes share a store. What one changes, the others know within a
/// second or so; of changes to one endpoint at the same time, the last one holds.
///
/// Thread-safety  Full.
/// Blocking       Every member but deliver_with() calls the store on the calling thread.
/// Ownership      Borrows the store, which must outlive it; must itself outlive the executors that
///                deliver with it, or be destroyed after they have stopped.
/// Errors         Error, as the store threw it; Errc::invalid_argument for an option or an endpoint
///                that breaks a rule; Errc::not_found for an endpoint that is not there;
///                Errc::overloaded, of the constructor, where the system has no thread, descriptor
///                or memory left.
class ASYNCJOBS_WEBHOOKS_DECL Webhooks {
public:
    explicit Webhooks(JobStore& store, WebhookOptions options = {});
    Webhooks(JobStore& store, std::shared_ptr<Runtime> runtime, WebhookOptions options = {});
    ~Webhooks();
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

    /// Adds an endpoint of this owner's or changes it, and answers it as it is now. One that no
    /// attempt would be let reach, such as an address that is not public, is refused. Without
    /// secrets, it keeps those that it has, or gets one. A disabled one stays so unless its URL
    /// changes; `endpoint.disabled` is not looked at.
    WebhookEndpoint set_endpoint(std::string_view owner, WebhookEndpoint endpoint);

    /// Throws Error (Errc::invalid_argument) for one that set_endpoint() would refuse. Does not
    /// block.
    void check(const WebhookEndpoint& endpoint) const;

    std::vector<WebhookEndpoint> endpoints(std::string_view owner); ///< by name

    /// False if there was none. Deliveries to it that wait fail.
    bool remove_endpoint(std::string_view owner, std::string_view name);

    /// Deliveries to a disabled endpoint fail for good; they can be retried when it is enabled.
    void disable(std::string_view owner, std::string_view name, std::string why);
    void enable(std::string_view owner, std::string_view name);

    /// Gives the endpoint a new secret, and answers it. For `keep_old_for`, 0 - 366 days,
    /// notifications are signed with the old one as well.
    std::string rotate_secret(std::string_view owner, std::string_view name,
                              Duration keep_old_for = std::chrono::hours{24});

    /// Lets jobs of this owner's name URLs at `host`, which its endpoints' hosts are without it.
    /// Answers the endpoint that it makes for that, which is told of nothing else.
    WebhookEndpoint allow_host(std::string_view owner, std::string_view host);

    /// Submits `job` and the deliveries of it. Answers what became of the job, whatever that is:
    /// where its unique key is taken and it is not refused, they tell of the job that holds it.
    Submitted submit(NewJob job, std::optional<std::string> callback_url = std::nullopt);

    /// What to submit after `job`, in the same call: a delivery for each endpoint of its owner's,
    /// and one to `callback_url`. Its id must be set: see Client::make_id(). The same for the same
    /// job, so that a submit can be repeated.
    ///
    /// Errors  Errc::invalid_argument for an URL at a host that the owner has no endpoint at.
    std::vector<NewJob> deliveries_of(const NewJob& job,
                                      std::optional<std::string> callback_url = std::nullopt);

    /// Starts a failed or cancelled job anew, as Client::retry() does, and has it told of once more
    /// when it has ended: to the endpoints that there are now, and to `callback_url`.
    RetryOutcome retry(const JobId& id, std::optional<std::string> callback_url = std::nullopt);

    /// For hosts that retry by a Client: what to submit before that, so that it is not lost
    /// whatever happens in between. `job` as it is before. Nothing for a delivery, which is not
    /// told of, and for a job that can't be retried.
    ///
    /// Errors  As deliveries_of().
    std::vector<NewJob> deliveries_of_retry(const Job& job,
                                            std::optional<std::string> callback_url = std::nullopt);

    /// Registers what delivers. It takes no thread of the executor's, which must serve
    /// WebhookOptions::queue, and may do so for thousands at once (ExecutorOptions::concurrency).
    /// Sockets know real time only: tests on a simulated Runtime do without.
    void deliver_with(Executor& executor);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
