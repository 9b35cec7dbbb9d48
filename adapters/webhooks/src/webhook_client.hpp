#pragma once

#include "target.hpp"
#include "webhook_response.hpp"

#include <asyncjobs/runtime.hpp>

#include <support/http_client.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// A request to post.
struct WebhookRequest {
    support::HttpHeaders headers = {};
    std::string body = {};
};

struct WebhookClientOptions {
    Duration timeout = {}; ///< of a whole post
    bool allow_private_addresses = false;
    std::string ca_file = {};
};

/// Posts to untrusted destinations: resolves the host for each post, connects only to a checked
/// address, follows no redirect, and reads only the head of a response.
///
/// One thread serves all posts in progress; name lookups, which block, have other threads.
///
/// Thread-safety  Full.
/// Ownership      Posts in progress end when it is destroyed.
class WebhookClient {
public:
    /// Throws Error (Errc::invalid_argument) for a file of authorities that can't be read.
    WebhookClient(Runtime& runtime, WebhookClientOptions options);
    ~WebhookClient();
    WebhookClient(const WebhookClient&) = delete;
    WebhookClient& operator=(const WebhookClient&) = delete;

    /// Later calls do nothing.
    void start();

    boost::asio::any_io_executor executor() { return context_.get_executor(); }

    /// Await it on a strand over executor(), after start(). Throws JobFailure if no response
    /// arrives.
    boost::asio::awaitable<WebhookResponse> post(Target target, WebhookRequest request);

private:
    support::HttpClient make_http_client(const WebhookClientOptions& options);

    const support::HttpClient http_;
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<Lane> lookups_;
    std::unique_ptr<Lane> io_;
    std::once_flag started_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
