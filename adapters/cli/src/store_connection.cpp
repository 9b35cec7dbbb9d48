#include "connection.hpp"
#include "local_caller.hpp"

#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/operations/routes.hpp>
#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

http::ApiOptions api_options(std::function<void(const LogEntry&)> log) {
    return {.prefix = "",
            .authenticator = [caller = local_caller()](
                                 const http::Request&) { return http::Principal{.owner = caller}; },
            .authenticator_blocks = false,
            .metrics = false,
            .threads = 0,
            .log = std::move(log)};
}

/// Any input is taken for it: only workers know what they can read.
std::vector<operations::SubmitType> types_to_submit(const std::string& type) {
    if (type.empty()) return {};
    return {http::SubmitRoute<>{.job = {.type = type}}};
}

/// Where receivers may be is the host's decision, made when it registered them.
std::unique_ptr<Webhooks> open_webhooks(JobStore& store, const ConnectionOptions& options) {
    if (!options.with_webhooks) return nullptr;
    return std::make_unique<Webhooks>(
        store, WebhookOptions{.allow_http = true, .allow_private_addresses = true});
}

class StoreConnection final : public Connection {
public:
    explicit StoreConnection(const ConnectionOptions& options)
        : store_(open_store(options.store, {.create = false, .migrate = false})), client_(*store_),
          scheduler_(*store_), webhooks_(open_webhooks(*store_, options)),
          api_(client_, api_options([this](const LogEntry& entry) { logged_ = entry.message; })) {
        operations::add_routes(api_, client_, *store_,
                               {.rights = [](const auto&) { return operations::admin; },
                                .schedules = operations::schedules_of(scheduler_),
                                .webhooks = webhooks_ ? operations::webhooks_of(*webhooks_)
                                                      : operations::WebhookControl(),
                                .submit_types = types_to_submit(options.submit_type)});
    }

    Reply send(std::string_view method, const Target& target, std::string body) override {
        http::Request request{.method = std::string(method),
                              .target = "/operator" + target.text(),
                              .headers = {{"Authorization", "Bearer local"}},
                              .body = std::move(body),
                              .remote_address = "127.0.0.1"};
        if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
        Reply reply;
        logged_.clear();
        // The API has no threads: it responds within the call.
        api_.handle(std::move(request), [&](http::Response response) {
            reply.status = response.status;
            if (auto* text = std::get_if<std::string>(&response.body))
                reply.body = std::move(*text);
        });
        reply.logged = std::move(logged_);
        return reply;
    }

    LocalStore* local() noexcept override { return &local_; }

private:
    const std::unique_ptr<JobStore> store_;
    Client client_;
    Scheduler scheduler_;
    const std::unique_ptr<Webhooks> webhooks_;
    std::string logged_; ///< by the API, during a request
    http::JobApi api_;
    LocalStore local_{*store_, client_};
};

} // namespace

std::unique_ptr<Connection> connect_to_store(const ConnectionOptions& options) {
    return std::make_unique<StoreConnection>(options);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
