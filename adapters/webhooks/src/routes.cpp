#include <asyncjobs/webhooks/routes.hpp>

#include "endpoint_registry.hpp"
#include "job_status.hpp"
#include "route_operations.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/json.hpp>

#include <boost/describe.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

std::vector<std::string> names_of(const std::vector<JobStatus>& events) {
    std::vector<std::string> names;
    names.reserve(events.size());
    for (const auto event : events) names.push_back(event_name(event));
    return names;
}

} // namespace

/// The document of a PUT.
struct EndpointChange {
    std::string url = {};
    std::vector<std::string> events = names_of(WebhookEndpoint().events);
    std::optional<bool> enabled = {}; ///< empty: unchanged
};
BOOST_DESCRIBE_STRUCT(EndpointChange, (), (url, events, enabled))

/// An endpoint in a response.
struct EndpointDocument {
    std::string name = {};
    std::string url = {};
    std::vector<std::string> events = {};
    bool enabled = true;
    std::optional<std::string> disabled_because = {};
    std::optional<std::string> secret = {};
};
BOOST_DESCRIBE_STRUCT(EndpointDocument, (), (name, url, events, enabled, disabled_because, secret))

struct EndpointList {
    std::vector<EndpointDocument> endpoints = {};
};
BOOST_DESCRIBE_STRUCT(EndpointList, (), (endpoints))

struct NewSecret {
    std::string secret = {};
};
BOOST_DESCRIBE_STRUCT(NewSecret, (), (secret))

namespace {

http::Problem no_such_endpoint() { return {404, "not_found", "no such endpoint"}; }

const std::string& name_in(const http::Call& call) { return *call.path.find("name"); }

std::optional<std::string> callback_url(const http::Call& call) {
    const auto* url = call.query.single("callback_url");
    return url ? std::optional(*url) : std::nullopt;
}

/// No cache may store it: it may contain a secret.
template <typename Document>
http::Response document_response(unsigned status, const Document& document) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = json::serialize(document).text()};
}

/// Returns the events that `names` name; adds unknown and repeated names to `wrong`.
std::vector<JobStatus> read_events(const std::vector<std::string>& names, json::Mismatches& wrong) {
    std::vector<JobStatus> events;
    const auto refuse = [&](std::size_t i, std::string rule) {
        wrong.push_back({fmt::format("/events/{}", i), std::move(rule)});
    };
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto event = parse_event(names[i]);
        if (!event)
            refuse(i, "must be job.completed, job.failed or job.cancelled");
        else if (std::ranges::find(events, *event) != events.end())
            refuse(i, "must not be repeated");
        else
            events.push_back(*event);
    }
    return events;
}

EndpointDocument document_of(const WebhookEndpoint& endpoint) {
    EndpointDocument document{.name = endpoint.name,
                              .url = endpoint.url,
                              .events = names_of(endpoint.events),
                              .enabled = endpoint.disabled.empty()};
    if (!document.enabled) document.disabled_because = endpoint.disabled;
    return document;
}

/// Every member is a route's handler; see add_routes().
class Routes {
public:
    Routes(Webhooks& webhooks, std::size_t max_endpoints)
        : webhooks_(webhooks), max_endpoints_(max_endpoints) {}

    http::Response list(const http::Call& call) const {
        EndpointList list;
        for (const auto& endpoint : webhooks_.endpoints(call.principal.owner))
            list.endpoints.push_back(document_of(endpoint));
        return document_response(200, list);
    }

    http::Response get(const http::Call& call) const {
        const auto endpoints = webhooks_.endpoints(call.principal.owner);
        const auto* endpoint = find_endpoint(endpoints, name_in(call));
        if (!endpoint) throw no_such_endpoint();
        return document_response(200, document_of(*endpoint));
    }

    http::Response put(const http::Call& call) const {
        const auto& owner = call.principal.owner;
        const auto change = http::read_document<EndpointChange>(call.request, {"url"});
        const auto before = webhooks_.endpoints(owner);
        const bool is_new = !find_endpoint(before, name_in(call));
        if (is_new && before.size() >= max_endpoints_)
            throw http::Problem(
                409, "too_many_endpoints",
                fmt::format("too many endpoints for this owner; the limit is {}", max_endpoints_));
        auto endpoint = webhooks_.set_endpoint(owner, read(name_in(call), change));
        if (change.enabled) enable(owner, endpoint, *change.enabled);
        auto document = document_of(endpoint);
        if (is_new) document.secret = endpoint.secrets.front().text;
        return document_response(is_new ? 201 : 200, document);
    }

    http::Response remove(const http::Call& call) const {
        if (!webhooks_.remove_endpoint(call.principal.owner, name_in(call)))
            throw no_such_endpoint();
        return {.status = 204, .headers = {{"Cache-Control", "no-store"}}};
    }

    http::Response rotate_secret(const http::Call& call) const try {
        return document_response(
            200, NewSecret{webhooks_.rotate_secret(call.principal.owner, name_in(call))});
    } catch (const Error& error) {
        if (error.code() == Errc::not_found) throw no_such_endpoint();
        throw;
    }

private:
    WebhookEndpoint read(const std::string& name, const EndpointChange& change) const {
        json::Mismatches wrong;
        WebhookEndpoint endpoint{
            .name = name, .url = change.url, .events = read_events(change.events, wrong)};
        try {
            webhooks_.check(endpoint);
        } catch (const Error& error) {
            const auto why = error.message();
            wrong.push_back({why.starts_with("endpoint.name") ? "" : "/url", why});
        }
        if (!wrong.empty()) throw http::invalid_input(wrong);
        return endpoint;
    }

    void enable(const std::string& owner, WebhookEndpoint& endpoint, bool wanted) const {
        if (wanted == endpoint.disabled.empty()) return;
        endpoint.disabled = wanted ? "" : "by its owner";
        if (wanted)
            webhooks_.enable(owner, endpoint.name);
        else
            webhooks_.disable(owner, endpoint.name, endpoint.disabled);
    }

    Webhooks& webhooks_;
    const std::size_t max_endpoints_;
};

} // namespace

void add_routes(http::JobApi& api, Webhooks& webhooks, RouteOptions options) {
    detail::check_range("max_endpoints", options.max_endpoints, std::size_t{1}, std::size_t{100});
    const auto routes = std::make_shared<const Routes>(webhooks, options.max_endpoints);
    const auto add = [&](std::string_view method, std::string_view path, auto handler,
                         const std::string& operation) {
        api.route(method, path,
                  [routes, handler](const http::Call& call) { return (*routes.*handler)(call); },
                  {.permit = options.permit, .operation = JsonText::parse(operation)});
    };
    const std::string one = "/webhooks/{name}";
    add("GET", "/webhooks", &Routes::list, list_endpoints());
    add("GET", one, &Routes::get, get_endpoint());
    add("PUT", one, &Routes::put, put_endpoint());
    add("DELETE", one, &Routes::remove, delete_endpoint());
    add("POST", one + "/rotate-secret", &Routes::rotate_secret, rotate_endpoint_secret());
}

std::function<std::vector<NewJob>(const NewJob&, const http::Call&)>
companion_jobs_of(Webhooks& webhooks) {
    return [&webhooks](const NewJob& job, const http::Call& call) {
        return webhooks.deliveries_of(job, callback_url(call));
    };
}

std::function<std::vector<NewJob>(const Job&, const http::Call&)>
companion_jobs_for_retry_of(Webhooks& webhooks) {
    return [&webhooks](const Job& job, const http::Call& call) {
        return webhooks.deliveries_of_retry(job, callback_url(call));
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
