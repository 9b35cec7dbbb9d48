#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/parameters.hpp>

#include <algorithm>
#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

struct WebhookDocument {
    std::string name = {};
    std::string host = {};               ///< of the URL, with its scheme and port
    std::optional<std::string> url = {}; ///< for callers who may see payloads
    std::vector<std::string> events = {};
    bool enabled = true;
    std::optional<std::string> disabled_because = {};
};
BOOST_DESCRIBE_STRUCT(WebhookDocument, (), (name, host, url, events, enabled, disabled_because))

struct WebhookListDocument {
    std::string owner = {};
    std::vector<WebhookDocument> webhooks = {};
};
BOOST_DESCRIBE_STRUCT(WebhookListDocument, (), (owner, webhooks))

/// The document of a request.
struct WebhookChangeDocument {
    std::string owner = {};
    std::string name = {};
    std::string reason = {};
};
BOOST_DESCRIBE_STRUCT(WebhookChangeDocument, (), (owner, name, reason))

namespace {

/// Of the jobs that store endpoints: who may not see those sees no endpoints.
constexpr std::string_view record_queue = "asyncjobs.webhooks";
constexpr std::string_view record_type = "asyncjobs.webhook_endpoint";

/// A path and a query may hold a token.
std::string host_of(std::string_view url) {
    const auto scheme = url.find("://");
    const auto begin = scheme == url.npos ? 0 : scheme + 3;
    return std::string(url.substr(0, url.find_first_of("/?#", begin)));
}

WebhookDocument document_of_webhook(const WebhookView& webhook, bool shows_url) {
    WebhookDocument document{.name = webhook.name,
                             .host = host_of(webhook.url),
                             .events = webhook.events,
                             .enabled = webhook.disabled.empty()};
    if (shows_url) document.url = webhook.url;
    if (!document.enabled) document.disabled_because = webhook.disabled;
    return document;
}

std::vector<WebhookView> shown_webhooks(const Service& service, const http::Call& call,
                                        std::string_view owner) {
    if (!service.shows(call, record_queue, record_type)) return {};
    return service.options.webhooks.list(owner);
}

http::Response webhooks(Service& service, const http::Call& call) {
    const auto owner = read_text(call, "owner");
    if (!owner) throw http::invalid_parameter("owner", "must be that of the endpoints");
    const bool shows_url = service.options.rights(call.principal).has(Right::see_payloads);
    WebhookListDocument document{.owner = *owner};
    for (const WebhookView& webhook : shown_webhooks(service, call, *owner))
        document.webhooks.push_back(document_of_webhook(webhook, shows_url));
    return document_response(document);
}

/// A change of the endpoint that the request names. `perform` returns the outcome.
http::Response
change_webhook(Service& service, const http::Call& call, std::string action,
               const std::function<std::string(const WebhookChangeDocument&)>& perform) {
    const auto request =
        http::read_document<WebhookChangeDocument>(call.request, {"owner", "name"});
    const auto known = shown_webhooks(service, call, request.owner);
    if (std::ranges::find(known, request.name, &WebhookView::name) == known.end())
        throw http::Problem(404, "not_found", "no such endpoint");
    const auto outcome = service.audit.record(call,
                                              {.action = std::move(action),
                                               .target = request.name + " of " + request.owner,
                                               .reason = request.reason},
                                              [&] { return perform(request); });
    return document_response(OutcomeDocument{outcome});
}

http::Response enable_webhook(Service& service, const http::Call& call) {
    return change_webhook(service, call, "enable_webhook",
                          [&](const WebhookChangeDocument& request) {
                              service.options.webhooks.enable(request.owner, request.name);
                              return std::string("enabled");
                          });
}

http::Response disable_webhook(Service& service, const http::Call& call) {
    return change_webhook(
        service, call, "disable_webhook", [&](const WebhookChangeDocument& request) {
            constexpr std::size_t most = 255; // as a label
            const std::string why(asyncjobs::detail::shortened(request.reason, most));
            service.options.webhooks.disable(request.owner, request.name,
                                             why.empty() ? "by an operator" : why);
            return std::string("disabled");
        });
}

} // namespace

std::vector<OperatorRoute> webhook_routes() {
    const auto changing = [](std::string_view id, std::string_view summary) {
        return operation({.id = id,
                          .summary = summary,
                          .response = schema<OutcomeDocument>(),
                          .request = request_schema<WebhookChangeDocument>()});
    };
    return {
        {"GET", "/operator/webhooks", Right::see, webhooks,
         operation({.id = "listWebhooksOf",
                    .summary = "The endpoints of an owner, without their secrets",
                    .response = schema<WebhookListDocument>(),
                    .parameters = {{"owner", "Owner of the endpoints; required"}}})},
        {"POST", "/operator/webhooks/enable", Right::webhooks, enable_webhook,
         changing("enableWebhook", "Enable an endpoint; does not retry failed deliveries")},
        {"POST", "/operator/webhooks/disable", Right::webhooks, disable_webhook,
         changing("disableWebhook", "Disable an endpoint: deliveries to it fail")},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
