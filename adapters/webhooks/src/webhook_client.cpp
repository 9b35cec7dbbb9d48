#include "webhook_client.hpp"

#include "public_address.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/job_failure.hpp>
#include <asyncjobs/version.hpp>

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

constexpr unsigned lookup_threads = 16;

support::HttpRequest message_of(const Target& target, WebhookRequest request) {
    support::HttpRequest message{.method = "POST",
                                 .target = target.path,
                                 .headers = {{"Host", target.authority},
                                             {"User-Agent", "asyncjobs/" ASYNCJOBS_VERSION},
                                             {"Content-Type", "application/json"}},
                                 .body = std::move(request.body)};
    for (auto& header : request.headers) message.headers.push_back(std::move(header));
    return message;
}

JobFailure failure_of(const support::HttpError& error) {
    if (error.step() == support::HttpStep::check)
        return JobFailure("webhook_forbidden", "the receiver's address is not public");
    if (error.timed_out()) return JobFailure("webhook_timeout", "no response in time");
    return JobFailure("webhook_unreachable",
                      fmt::format("no response: {}", error.code().message()));
}

} // namespace

WebhookClient::WebhookClient(Runtime& runtime, WebhookClientOptions options)
    : http_(make_http_client(options)), work_(context_.get_executor()),
      lookups_(runtime.make_lane(lookup_threads)), io_(runtime.make_lane(1)) {}

support::HttpClient WebhookClient::make_http_client(const WebhookClientOptions& options) {
    support::HttpClientOptions http{
        .timeout = options.timeout, .ca_file = options.ca_file, .body_limit = std::nullopt};
    http.look_up = [this](const std::string& host, SteadyTime deadline) {
        return support::look_up_on(*lookups_, host, deadline);
    };
    if (!options.allow_private_addresses) http.is_allowed = is_public_address;
    try {
        return support::HttpClient(std::move(http));
    } catch (const boost::system::system_error&) {
        if (options.ca_file.empty()) throw;
        detail::refuse("ca_file", options.ca_file, "must be a readable file of certificates");
    }
}

WebhookClient::~WebhookClient() { context_.stop(); }

void WebhookClient::start() {
    std::call_once(started_, [this] { io_->post([this] { context_.run(); }); });
}

boost::asio::awaitable<WebhookResponse> WebhookClient::post(Target target, WebhookRequest request) {
    support::HttpOrigin origin{.tls = target.tls, .host = target.host, .port = target.port};
    auto message = message_of(target, std::move(request));
    try {
        const auto response = co_await http_.exchange(std::move(origin), std::move(message));
        co_return WebhookResponse{response.status, std::string(response.header("Retry-After"))};
    } catch (const support::HttpError& error) {
        if (error.code() == boost::asio::error::operation_aborted) throw;
        throw failure_of(error);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
