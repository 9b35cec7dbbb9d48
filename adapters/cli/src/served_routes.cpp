#include "served_routes.hpp"

#include "local_caller.hpp"
#include "support/crypto.hpp"

#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/detail/base64url.hpp>
#include <asyncjobs/http/bearer_token.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/operations/routes.hpp>
#include <asyncjobs/schedules/scheduler.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

struct ServedRoutes::Impl {
    Impl(LocalStore& local, const ServedOptions& wanted)
        : options(wanted), scheduler(local.store),
          api(local.client, {.prefix = "",
                             .authenticator = [this](const auto& request) { return who(request); },
                             .authenticator_blocks = false,
                             .metrics = false}),
          server(api, {.address = options.address, .port = options.port}) {
        const auto rights = options.read_only ? operations::viewer : operations::admin;
        operations::add_routes(api, local.client, local.store,
                               {.rights = [rights](const auto&) { return rights; },
                                .schedules = operations::schedules_of(scheduler)});
        server.start();
    }

    std::optional<http::Principal> who(const http::Request& request) const {
        const auto sent = http::bearer_token(request);
        if (!sent || !support::equal_in_constant_time(*sent, token)) return std::nullopt;
        return http::Principal{.owner = local_caller()};
    }

    const ServedOptions options;
    const std::string token = detail::encode_base64url(support::random_bytes(32));
    Scheduler scheduler;
    http::JobApi api;
    beast::Server server;
};

ServedRoutes::ServedRoutes(LocalStore& local, const ServedOptions& options)
    : impl_(std::make_unique<Impl>(local, options)) {}
ServedRoutes::~ServedRoutes() = default;

std::string ServedRoutes::url() const {
    const std::string& address = impl_->options.address;
    const bool is_v6 = address.find(':') != address.npos;
    return fmt::format("http://{}{}{}:{}/operator", is_v6 ? "[" : "", address, is_v6 ? "]" : "",
                       impl_->server.port());
}

const std::string& ServedRoutes::token() const noexcept { return impl_->token; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
