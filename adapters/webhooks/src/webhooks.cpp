#include <asyncjobs/webhooks/webhooks.hpp>

#include "deliverer.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/webhooks/signature.hpp>

#include <fmt/format.h>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

using namespace webhooks;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_secrets = 10;

void validate(const WebhookOptions& options) {
    detail::check_name("queue", options.queue);
    detail::check_range("retry_delays.size()", options.retry_delays.size(), std::size_t{1},
                        std::size_t{100});
    for (std::size_t i = 0; i < options.retry_delays.size(); ++i)
        detail::check_range(fmt::format("retry_delays[{}]", i), options.retry_delays[i],
                            Duration{0}, Duration{std::chrono::days{30}});
    for (const auto port : options.ports)
        detail::check_range("ports", port, std::uint16_t{1}, std::uint16_t{65535});
    detail::check_range("timeout", options.timeout, Duration{1ms}, Duration{1h});
    asyncjobs::validate(
        NewJob{.type = Delivery::type, .queue = options.queue, .retention = options.retention});
}

void validate(const WebhookEndpoint& endpoint) {
    const std::string_view name = endpoint.name;
    if (!detail::is_name(name) || name.find('/') != name.npos || name == "." || name == "..")
        detail::refuse("endpoint.name", name,
                       "must be 1-100 characters of A-Z a-z 0-9 . _ : -, but neither \".\" nor "
                       "\"..\"");
    for (const auto event : endpoint.events)
        if (!is_finished(event))
            detail::refuse("endpoint.events", to_string(event),
                           "must be statuses of finished jobs");
    detail::check_range("endpoint.secrets.size()", endpoint.secrets.size(), std::size_t{0},
                        most_secrets);
    for (const auto& secret : endpoint.secrets) check_secret(secret.text);
}

} // namespace

struct Webhooks::Impl {
    Impl(JobStore& store, std::shared_ptr<Runtime> with, WebhookOptions from)
        : options(std::move(from)), rules{options.allow_http, options.ports},
          runtime(std::move(with)), client(store, runtime), registry(store, runtime),
          deliverer(options, rules, runtime, registry) {}

    void check_reachable(std::string_view argument, std::string_view url,
                         const Target& target) const;
    WebhookEndpoint existing(const std::string& owner, std::string_view name);
    std::vector<NewJob> deliveries_of(const JobId& job, const std::string& owner,
                                      const std::optional<std::string>& callback_url,
                                      std::int64_t after_revision);

    const WebhookOptions options;
    const TargetRules rules;
    const std::shared_ptr<Runtime> runtime;
    Client client;
    EndpointRegistry registry;
    Deliverer deliverer;
};

/// Throws Error (Errc::invalid_argument) for a target that deliveries may not reach.
void Webhooks::Impl::check_reachable(std::string_view argument, std::string_view url,
                                     const Target& target) const {
    const auto networks = options.allow_private_addresses ? Networks::any : Networks::public_only;
    if (const auto rule = rule_against(target, networks); !rule.empty())
        detail::refuse(argument, url, rule);
}

/// Throws Error (Errc::not_found) if no endpoint has that name.
WebhookEndpoint Webhooks::Impl::existing(const std::string& owner, std::string_view name) {
    const auto endpoints = registry.read(owner);
    if (const auto* endpoint = find_endpoint(endpoints, name)) return *endpoint;
    throw Error(Errc::not_found, fmt::format("no such endpoint: {}", detail::printable(name)));
}

std::vector<NewJob> Webhooks::Impl::deliveries_of(const JobId& job, const std::string& owner,
                                                  const std::optional<std::string>& callback_url,
                                                  std::int64_t after_revision) {
    const auto endpoints = registry.known(owner);
    std::vector<NewJob> deliveries;
    const auto add = [&](Delivery delivery) {
        delivery.after_revision = after_revision;
        deliveries.push_back(new_delivery(job, owner, delivery, options));
    };
    for (const auto& endpoint : endpoints)
        if (endpoint.disabled.empty() && !endpoint.events.empty()) add({.endpoint = endpoint.name});
    if (callback_url) {
        const auto destination = at_host_of(endpoints, *callback_url, rules);
        check_reachable("callback_url", *callback_url, destination.target);
        add({.callback_url = *callback_url});
    }
    return deliveries;
}

Webhooks::Webhooks(JobStore& store, WebhookOptions options)
    : Webhooks(store, make_runtime(), std::move(options)) {}

Webhooks::Webhooks(JobStore& store, std::shared_ptr<Runtime> runtime, WebhookOptions options) try {
    validate(options);
    if (!store.capabilities().dependencies)
        detail::refuse_unsupported("a delivery has a job in after", "dependencies");
    impl_ = std::make_unique<Impl>(store, std::move(runtime), std::move(options));
} catch (...) {
    detail::rethrow_as_error("webhooks");
}

Webhooks::~Webhooks() = default;

WebhookEndpoint Webhooks::set_endpoint(std::string_view owner, WebhookEndpoint endpoint) {
    const std::string of(owner);
    detail::check_label("owner", owner);
    check(endpoint);
    const auto before = impl_->registry.read(of);
    const auto* known = find_endpoint(before, endpoint.name);
    if (endpoint.secrets.empty())
        endpoint.secrets = known ? known->secrets : std::vector{WebhookSecret{make_secret(), {}}};
    endpoint.disabled = known && known->url == endpoint.url ? known->disabled : std::string();
    impl_->registry.put(of, endpoint);
    return endpoint;
}

void Webhooks::check(const WebhookEndpoint& endpoint) const {
    validate(endpoint);
    impl_->check_reachable("endpoint.url", endpoint.url,
                           parse_target("endpoint.url", endpoint.url, impl_->rules));
}

std::vector<WebhookEndpoint> Webhooks::endpoints(std::string_view owner) {
    return impl_->registry.read(std::string(owner));
}

bool Webhooks::remove_endpoint(std::string_view owner, std::string_view name) {
    return impl_->registry.remove(std::string(owner), name);
}

void Webhooks::disable(std::string_view owner, std::string_view name, std::string why) {
    const std::string of(owner);
    detail::check_label("why", why);
    if (why.empty()) why = "by hand";
    impl_->registry.disable(of, impl_->existing(of, name), std::move(why));
}

void Webhooks::enable(std::string_view owner, std::string_view name) {
    const std::string of(owner);
    impl_->existing(of, name);
    impl_->registry.enable(of, name);
}

std::string Webhooks::rotate_secret(std::string_view owner, std::string_view name,
                                    Duration keep_old_for) {
    detail::check_range("keep_old_for", keep_old_for, Duration{0},
                        Duration{std::chrono::days{366}});
    const std::string of(owner);
    auto endpoint = impl_->existing(of, name);
    const auto now = impl_->runtime->wall_clock();
    auto& secrets = endpoint.secrets;
    for (auto& secret : secrets)
        secret.expires_at =
            std::min(secret.expires_at.value_or(Timestamp::max()), now + keep_old_for);
    std::erase_if(secrets, [&](const auto& secret) { return *secret.expires_at <= now; });
    secrets.insert(secrets.begin(), WebhookSecret{make_secret(), {}});
    if (secrets.size() > most_secrets) secrets.resize(most_secrets);
    impl_->registry.put(of, endpoint);
    return secrets.front().text;
}

WebhookEndpoint Webhooks::allow_host(std::string_view owner, std::string_view host) {
    auto url = fmt::format("https://{}/", host);
    const auto target = parse_target("host", url, impl_->rules);
    if (target.path != "/") detail::refuse("host", host, "must be a host alone");
    return set_endpoint(owner,
                        {.name = "host:" + target.host, .url = std::move(url), .events = {}});
}

Submitted Webhooks::submit(NewJob job, std::optional<std::string> callback_url) {
    if (job.id == JobId()) job.id = impl_->client.make_id();
    auto jobs = deliveries_of(job, std::move(callback_url));
    const bool refuses = job.on_conflict == OnConflict::refuse;
    jobs.insert(jobs.begin(), std::move(job));
    const auto submitted = impl_->client.submit(std::move(jobs));
    const auto result = submitted.front();
    if (refuses && result.outcome == Submitted::Outcome::key_taken)
        for (std::size_t i = 1; i < submitted.size(); ++i) // they would report the key's holder
            impl_->client.cancel(submitted[i].id);
    return result;
}

std::vector<NewJob> Webhooks::deliveries_of(const NewJob& job,
                                            std::optional<std::string> callback_url) {
    if (job.id == JobId()) detail::refuse("job.id", job.id.text(), "must be set");
    return impl_->deliveries_of(job.id, job.owner, callback_url, 0);
}

RetryOutcome Webhooks::retry(const JobId& id, std::optional<std::string> callback_url) {
    if (const auto job = impl_->client.find(id))
        impl_->client.submit(deliveries_of_retry(*job, std::move(callback_url)));
    return impl_->client.retry(id);
}

std::vector<NewJob> Webhooks::deliveries_of_retry(const Job& job,
                                                  std::optional<std::string> callback_url) {
    const bool can_be_retried =
        job.status == JobStatus::failed || job.status == JobStatus::cancelled;
    if (!can_be_retried || job.type == Delivery::type) return {};
    return impl_->deliveries_of(job.id, job.owner, callback_url, job.revision);
}

void Webhooks::deliver_with(Executor& executor) { impl_->deliverer.register_with(executor); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI
