#include <asyncjobs/webhooks/webhooks.hpp>

#include "delivery.hpp"
#include "endpoint_book.hpp"
#include "poster.hpp"

#include <asyncjobs/coroutine.hpp>
#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/webhooks/signature.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncjobs {

using namespace webhooks;

namespace {

using namespace std::chrono_literals;

constexpr unsigned store_threads = 4;
constexpr std::size_t most_secrets = 10;

/// How often a delivery looks whether the job that is about to be started anew has been.
constexpr Duration least_look_again = 1s;
constexpr Duration most_look_again = 1h;

void validate(const WebhookOptions& options) {
    detail::check_name("queue", options.queue);
    detail::check_range("retry_delays.size()", options.retry_delays.size(), std::size_t{1},
                        std::size_t{100});
    for (std::size_t i = 0; i < options.retry_delays.size(); ++i)
        detail::check_range(fmt::format("retry_delays[{}]", i), options.retry_delays[i],
                            Duration{0}, Duration{std::chrono::days{30}});
    detail::check_range("timeout", options.timeout, Duration{1ms}, Duration{1h});
    asyncjobs::validate(NewJob{.type = std::string(Delivery::type),
                               .queue = options.queue,
                               .retention = options.retention});
}

void validate(const WebhookEndpoint& endpoint) {
    detail::check_name("endpoint.name", endpoint.name);
    for (const auto event : endpoint.events)
        if (!is_finished(event))
            detail::refuse("endpoint.events", to_string(event),
                           "must be statuses of finished jobs");
    detail::check_range("endpoint.secrets.size()", endpoint.secrets.size(), std::size_t{0},
                        most_secrets);
    for (const auto& secret : endpoint.secrets) check_secret(secret.text);
}

/// Thrown where a job that a delivery waited for is on its way again.
struct StartedAnew {
    JobId job;
};

/// Where a delivery goes.
struct Receiver {
    Target target = {};
    WebhookEndpoint endpoint = {};
};

/// The result of a delivery.
struct Delivered {
    std::string event = {};
    std::optional<unsigned> http_status = {}; ///< empty: nobody wanted to be told
};
BOOST_DESCRIBE_STRUCT(Delivered, (), (event, http_status))

JsonText delivered(const Message& message, std::optional<unsigned> http_status = std::nullopt) {
    return json::serialize(
        Delivered{.event = event_name(message.status), .http_status = http_status});
}

JobFailure gives_up(std::string code, std::string message) {
    return JobFailure(std::move(code), std::move(message)).permanent();
}

} // namespace

struct Webhooks::Impl {
    Impl(JobStore& store, std::shared_ptr<Runtime> with, WebhookOptions from)
        : options(std::move(from)), rules{options.allow_http, options.ports},
          runtime(std::move(with)), client(store, runtime), book(store, runtime),
          poster(*runtime, {options.timeout, options.allow_private_addresses, options.ca_file}),
          lane(runtime->make_lane(store_threads)) {}

    struct Attempt;

    WebhookEndpoint existing(const std::string& owner, std::string_view name);
    Receiver at_host_of(const std::vector<WebhookEndpoint>& endpoints,
                        const std::string& callback_url) const;
    NewJob delivery_of(const JobId& job, const std::string& owner, const Delivery& delivery) const;
    std::vector<NewJob> deliveries_of(const JobId& job, const std::string& owner,
                                      const std::optional<std::string>& callback_url,
                                      std::int64_t after_revision);

    void prepare(const std::shared_ptr<Attempt>& attempt);
    void conclude(const std::shared_ptr<Attempt>& attempt);
    Message message_for(ProgressReporter& progress, const Delivery& delivery) const;
    Receiver receiver_of(const std::string& owner, const Delivery& delivery);
    Letter letter_of(const Message& message, const WebhookEndpoint& endpoint) const;
    JobFailure failure_of(const Answer& answer, int attempt) const;

    const WebhookOptions options;
    const TargetRules rules;
    const std::shared_ptr<Runtime> runtime;
    Client client;
    EndpointBook book;
    Poster poster;
    std::unique_ptr<Lane> lane; ///< where attempts call the store
};

/// One of a delivery. It lives until its job's handler has ended.
struct Webhooks::Impl::Attempt {
    Delivery delivery;
    ProgressReporter& progress;
    Completion done;
    Message message = {};
    Receiver receiver = {};
    Answer answer = {};
};

/// Throws Error (Errc::not_found) if there is none of that name.
WebhookEndpoint Webhooks::Impl::existing(const std::string& owner, std::string_view name) {
    const auto endpoints = book.read(owner);
    if (const auto* endpoint = find_endpoint(endpoints, name)) return *endpoint;
    throw Error(Errc::not_found, fmt::format("there is no endpoint {}", detail::printable(name)));
}

/// Throws Error (Errc::invalid_argument) where the owner has no endpoint.
Receiver Webhooks::Impl::at_host_of(const std::vector<WebhookEndpoint>& endpoints,
                                    const std::string& callback_url) const {
    auto target = parse_target("callback_url", callback_url, rules);
    for (const auto& endpoint : endpoints)
        if (endpoint.disabled.empty() &&
            parse_target("url", endpoint.url, rules).host == target.host)
            return {std::move(target), endpoint};
    detail::refuse("callback_url", callback_url, "its host is not one of the owner's endpoints'");
}

NewJob Webhooks::Impl::delivery_of(const JobId& job, const std::string& owner,
                                   const Delivery& delivery) const {
    return new_job(delivery, {.id = delivery_id(job, delivery),
                              .queue = options.queue,
                              .owner = owner,
                              .max_attempts = static_cast<int>(options.retry_delays.size()) + 1,
                              .retention = options.retention,
                              .after = {job},
                              .on_parent_failure = OnParentFailure::run});
}

std::vector<NewJob> Webhooks::Impl::deliveries_of(const JobId& job, const std::string& owner,
                                                  const std::optional<std::string>& callback_url,
                                                  std::int64_t after_revision) {
    const auto endpoints = book.known(owner);
    std::vector<NewJob> deliveries;
    const auto add = [&](Delivery delivery) {
        delivery.after_revision = after_revision;
        deliveries.push_back(delivery_of(job, owner, delivery));
    };
    for (const auto& endpoint : endpoints)
        if (endpoint.disabled.empty() && !endpoint.events.empty()) add({.endpoint = endpoint.name});
    if (callback_url) {
        at_host_of(endpoints, *callback_url);
        add({.callback_url = *callback_url});
    }
    return deliveries;
}

/// Makes ready what is to be posted, and has it posted unless nobody wants it.
void Webhooks::Impl::prepare(const std::shared_ptr<Attempt>& attempt) try {
    auto& progress = attempt->progress;
    const auto& owner = progress.job().owner;
    attempt->message = message_for(progress, attempt->delivery);
    attempt->receiver = receiver_of(owner, attempt->delivery);
    const auto& events = attempt->receiver.endpoint.events;
    const bool is_wanted = attempt->delivery.endpoint.empty() ||
                           std::ranges::find(events, attempt->message.status) != events.end();
    if (!is_wanted) return attempt->done(nullptr, delivered(attempt->message));

    auto post = [this, attempt](const JsonText&,
                                ProgressReporter&) -> boost::asio::awaitable<JsonText> {
        auto letter = letter_of(attempt->message, attempt->receiver.endpoint);
        attempt->answer = co_await poster.post(attempt->receiver.target, std::move(letter));
        co_return JsonText();
    };
    auto posted = [this, attempt](std::exception_ptr error, JsonText) {
        if (error) return attempt->done(std::move(error), {});
        conclude(attempt);
    };
    coroutine(poster.executor(), std::move(post))({}, progress, std::move(posted));
} catch (const StartedAnew& anew) {
    auto again = delivery_of(anew.job, attempt->progress.job().owner, attempt->delivery);
    again.id = {}; // its own is taken by this one
    attempt->progress.submit_with_result(std::move(again));
    attempt->done(nullptr, {});
} catch (...) {
    attempt->done(std::current_exception(), {});
}

void Webhooks::Impl::conclude(const std::shared_ptr<Attempt>& attempt) {
    const auto reception = reception_of(attempt->answer);
    if (reception == Reception::taken)
        return attempt->done(nullptr, delivered(attempt->message, attempt->answer.status));
    const auto error =
        std::make_exception_ptr(failure_of(attempt->answer, attempt->progress.job().attempt));
    if (reception != Reception::gone || attempt->delivery.endpoint.empty())
        return attempt->done(error, {});
    lane->post([this, attempt, error] {
        try {
            book.disable(attempt->progress.job().owner, attempt->receiver.endpoint,
                         "it answered 410");
            attempt->done(error, {});
        } catch (...) {
            attempt->done(std::current_exception(), {});
        }
    });
}

/// Kept with the delivery when it is made for the first time.
Message Webhooks::Impl::message_for(ProgressReporter& progress, const Delivery& delivery) const {
    return progress.step("message", [&] {
        const auto jobs = progress.parents();
        if (jobs.empty() || jobs.front().owner != progress.job().owner)
            throw gives_up("webhook_no_job", "there is no such job any more");
        const auto& job = jobs.front();
        if (!is_finished(job.status)) throw StartedAnew{job.id};
        if (job.revision <= delivery.after_revision) {
            const auto age = runtime->wall_clock() - progress.job().created_at;
            throw Snooze{std::clamp(age, least_look_again, most_look_again)};
        }
        return message_of(job, delivery, options.status_url_prefix);
    });
}

Receiver Webhooks::Impl::receiver_of(const std::string& owner, const Delivery& delivery) try {
    const auto endpoints = book.known(owner);
    if (delivery.endpoint.empty()) return at_host_of(endpoints, delivery.callback_url);
    const auto* endpoint = find_endpoint(endpoints, delivery.endpoint);
    if (!endpoint) throw gives_up("webhook_no_endpoint", "there is no such endpoint any more");
    if (!endpoint->disabled.empty())
        throw gives_up("webhook_disabled", "the endpoint is disabled: " + endpoint->disabled);
    return {parse_target("url", endpoint->url, rules), *endpoint};
} catch (const Error& error) {
    if (error.code() != Condition::invalid) throw;
    throw gives_up("webhook_forbidden", error.message());
}

Letter Webhooks::Impl::letter_of(const Message& message, const WebhookEndpoint& endpoint) const {
    const auto now = runtime->wall_clock();
    std::vector<std::string> secrets;
    for (const auto& secret : endpoint.secrets)
        if (secret.expires_at.value_or(Timestamp::max()) > now) secrets.push_back(secret.text);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    Letter letter{
        .headers = {{"webhook-id", message.id},
                    {"webhook-timestamp", std::to_string(seconds.time_since_epoch().count())},
                    {"webhook-signature", sign(message.id, seconds, message.body, secrets)}},
        .body = message.body};
    if (!message.traceparent.empty())
        letter.headers.emplace_back("traceparent", message.traceparent);
    return letter;
}

JobFailure Webhooks::Impl::failure_of(const Answer& answer, int attempt) const {
    JobFailure failure("webhook_refused", fmt::format("the receiver answered {}", answer.status));
    switch (reception_of(answer)) {
    case Reception::gone:
        return std::move(failure).permanent();
    case Reception::busy: {
        const auto chance = detail::unit_interval(runtime->random());
        return std::move(failure).retry_after(
            std::max(delay_after(options.retry_delays, attempt, chance),
                     wait_asked_for(answer.retry_after, runtime->wall_clock())));
    }
    default:
        return failure;
    }
}

Webhooks::Webhooks(JobStore& store, WebhookOptions options)
    : Webhooks(store, make_runtime(), std::move(options)) {}

Webhooks::Webhooks(JobStore& store, std::shared_ptr<Runtime> runtime, WebhookOptions options) {
    validate(options);
    impl_ = std::make_unique<Impl>(store, std::move(runtime), std::move(options));
}

Webhooks::~Webhooks() = default;

WebhookEndpoint Webhooks::set_endpoint(std::string_view owner, WebhookEndpoint endpoint) {
    const std::string of(owner);
    detail::check_label("owner", owner);
    check(endpoint);
    const auto before = impl_->book.read(of);
    const auto* known = find_endpoint(before, endpoint.name);
    if (endpoint.secrets.empty())
        endpoint.secrets = known ? known->secrets : std::vector{WebhookSecret{make_secret(), {}}};
    endpoint.disabled = known && known->url == endpoint.url ? known->disabled : std::string();
    impl_->book.put(of, endpoint);
    return endpoint;
}

void Webhooks::check(const WebhookEndpoint& endpoint) const {
    validate(endpoint);
    parse_target("endpoint.url", endpoint.url, impl_->rules);
}

std::vector<WebhookEndpoint> Webhooks::endpoints(std::string_view owner) {
    return impl_->book.read(std::string(owner));
}

bool Webhooks::remove_endpoint(std::string_view owner, std::string_view name) {
    return impl_->book.remove(std::string(owner), name);
}

void Webhooks::disable(std::string_view owner, std::string_view name, std::string why) {
    const std::string of(owner);
    detail::check_label("why", why);
    if (why.empty()) why = "by hand";
    impl_->book.disable(of, impl_->existing(of, name), std::move(why));
}

void Webhooks::enable(std::string_view owner, std::string_view name) {
    const std::string of(owner);
    impl_->existing(of, name);
    impl_->book.enable(of, name);
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
    impl_->book.put(of, endpoint);
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
    const auto answer = submitted.front();
    if (refuses && answer.outcome == Submitted::Outcome::key_taken)
        for (std::size_t i = 1; i < submitted.size(); ++i) // they would tell of the key's holder
            impl_->client.cancel(submitted[i].id);
    return answer;
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

void Webhooks::deliver_with(Executor& executor) {
    impl_->poster.start();
    auto deliver = [impl = impl_.get()](const JsonText& input, ProgressReporter& progress,
                                        Completion done) {
        const auto attempt = std::make_shared<Impl::Attempt>(
            Impl::Attempt{.delivery = detail::typed_input<Delivery>(input),
                          .progress = progress,
                          .done = std::move(done)});
        impl->lane->post([impl, attempt] { impl->prepare(attempt); });
    };
    auto retry = [delays = impl_->options.retry_delays](const FailedAttempt& failed) {
        return delay_after(delays, failed.job.attempt, failed.chance);
    };
    executor.handle_async(std::string(Delivery::type), std::move(deliver),
                          {.retry = std::move(retry)});
}

} // namespace asyncjobs
