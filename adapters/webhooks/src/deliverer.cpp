#include "deliverer.hpp"

#include <asyncjobs/coroutine.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/webhooks/signature.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

using namespace std::chrono_literals;

constexpr unsigned store_threads = 4;

/// How often a delivery reads a job whose retry it precedes.
constexpr Duration min_poll = 1s;
constexpr Duration max_poll = 1h;

/// Thrown if a job that a delivery waited for has been retried.
struct Restarted {
    JobId job;
};

/// The result of a delivery.
struct Delivered {
    std::string event = {};
    std::optional<unsigned> http_status = {}; ///< empty: the endpoint is not subscribed
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

/// One attempt of a delivery. Lives until its job's handler has ended.
struct Deliverer::Attempt {
    Delivery delivery;
    JobContext& context;
    Completion done;
    Message message = {};
    Destination destination = {};
    WebhookResponse response = {};
};

Deliverer::Deliverer(const WebhookOptions& options, const TargetRules& rules,
                     std::shared_ptr<Runtime> runtime, EndpointRegistry& registry)
    : options_(options), rules_(rules), runtime_(std::move(runtime)), registry_(registry),
      client_(*runtime_, {options.timeout, options.allow_private_addresses, options.ca_file}),
      lane_(runtime_->make_lane(store_threads)) {}

void Deliverer::register_with(Executor& executor) {
    client_.start();
    auto deliver = [this](const JsonText& input, JobContext& context, Completion done) {
        const auto attempt =
            std::make_shared<Attempt>(Attempt{.delivery = detail::typed_input<Delivery>(input),
                                              .context = context,
                                              .done = std::move(done)});
        lane_->post([this, attempt] { prepare(attempt); });
    };
    auto retry = [delays = options_.retry_delays](const FailedAttempt& failed) {
        return delay_after(delays, failed.job.attempt, failed.chance);
    };
    executor.handle_async(Delivery::type, std::move(deliver), {.retry = std::move(retry)});
}

/// Prepares the request, and posts it unless the endpoint is not subscribed to the event.
void Deliverer::prepare(const std::shared_ptr<Attempt>& attempt) try {
    auto& context = attempt->context;
    const auto& owner = context.job().owner;
    attempt->message = message_for(context, attempt->delivery);
    attempt->destination = destination_of(owner, attempt->delivery);
    const auto& events = attempt->destination.endpoint.events;
    const bool is_wanted = attempt->delivery.endpoint.empty() ||
                           std::ranges::find(events, attempt->message.status) != events.end();
    if (!is_wanted) return attempt->done(nullptr, delivered(attempt->message));

    auto post = [this, attempt](const JsonText&,
                                ProgressReporter&) -> boost::asio::awaitable<JsonText> {
        auto request = request_of(attempt->message, attempt->destination.endpoint);
        attempt->response = co_await client_.post(attempt->destination.target, std::move(request));
        co_return JsonText();
    };
    auto posted = [this, attempt](std::exception_ptr error, JsonText) {
        if (error) return attempt->done(std::move(error), {});
        conclude(attempt);
    };
    coroutine(client_.executor(), std::move(post))({}, context, std::move(posted));
} catch (const Restarted& restarted) {
    auto next =
        new_delivery(restarted.job, attempt->context.job().owner, attempt->delivery, options_);
    next.id = {}; // this delivery has that id
    attempt->context.submit_with_result(std::move(next));
    attempt->done(nullptr, {});
} catch (...) {
    attempt->done(std::current_exception(), {});
}

void Deliverer::conclude(const std::shared_ptr<Attempt>& attempt) {
    const auto reception = reception_of(attempt->response);
    if (reception == Reception::taken)
        return attempt->done(nullptr, delivered(attempt->message, attempt->response.status));
    const auto error =
        std::make_exception_ptr(failure_of(attempt->response, attempt->context.attempt()));
    if (reception != Reception::gone || attempt->delivery.endpoint.empty())
        return attempt->done(error, {});
    lane_->post([this, attempt, error] {
        try {
            registry_.disable(attempt->context.job().owner, attempt->destination.endpoint,
                              "the receiver returned 410");
            attempt->done(error, {});
        } catch (...) {
            attempt->done(std::current_exception(), {});
        }
    });
}

/// Made by the first attempt, and kept with the delivery.
Message Deliverer::message_for(JobContext& context, const Delivery& delivery) const {
    return context.step("message", [&] {
        const auto jobs = context.parents(JobParts::outcome); // the trace is in the metadata
        if (jobs.empty() || jobs.front().owner != context.job().owner)
            throw gives_up("webhook_no_job", "the job no longer exists");
        const auto& job = jobs.front();
        if (!is_finished(job.status)) throw Restarted{job.id};
        if (job.revision <= delivery.after_revision) {
            const auto age = runtime_->wall_clock() - context.job().created_at;
            throw Snooze{std::clamp(age, min_poll, max_poll)};
        }
        return message_of(job, delivery, options_.status_url_prefix);
    });
}

Destination Deliverer::destination_of(const std::string& owner, const Delivery& delivery) try {
    const auto endpoints = registry_.known(owner);
    if (delivery.endpoint.empty()) return at_host_of(endpoints, delivery.callback_url, rules_);
    const auto* endpoint = find_endpoint(endpoints, delivery.endpoint);
    if (!endpoint) throw gives_up("webhook_no_endpoint", "the endpoint no longer exists");
    if (!endpoint->disabled.empty())
        throw gives_up("webhook_disabled", "the endpoint is disabled: " + endpoint->disabled);
    return {parse_target("url", endpoint->url, rules_), *endpoint};
} catch (const Error& error) {
    if (error.code() != Condition::invalid) throw;
    throw gives_up("webhook_forbidden", error.message());
}

WebhookRequest Deliverer::request_of(const Message& message,
                                     const WebhookEndpoint& endpoint) const {
    const auto now = runtime_->wall_clock();
    std::vector<std::string> secrets;
    for (const auto& secret : endpoint.secrets)
        if (secret.expires_at.value_or(Timestamp::max()) > now) secrets.push_back(secret.text);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    WebhookRequest request{
        .headers = {{"webhook-id", message.id},
                    {"webhook-timestamp", std::to_string(seconds.time_since_epoch().count())},
                    {"webhook-signature", sign(message.id, seconds, message.body, secrets)}},
        .body = message.body};
    if (!message.traceparent.empty())
        request.headers.emplace_back("traceparent", message.traceparent);
    return request;
}

JobFailure Deliverer::failure_of(const WebhookResponse& response, int attempt) const {
    JobFailure failure("webhook_refused", fmt::format("the receiver returned {}", response.status));
    switch (reception_of(response)) {
    case Reception::gone:
        return std::move(failure).permanent();
    case Reception::busy: {
        const auto chance = detail::unit_interval(runtime_->random());
        return std::move(failure).retry_after(
            std::max(delay_after(options_.retry_delays, attempt, chance),
                     wait_asked_for(response.retry_after, runtime_->wall_clock())));
    }
    default:
        return failure;
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
