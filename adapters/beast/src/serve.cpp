#include <asyncjobs/beast/serve.hpp>

#include "framing.hpp"

#include <asyncjobs/detail/argument_check.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast::detail {
namespace {

void check(const ServeOptions& options) {
    using asyncjobs::detail::check_range;
    using namespace std::chrono_literals;
    check_range("write_timeout", Duration{options.write_timeout}, Duration{1ms}, Duration{24h});
    check_range("disconnect_check_delay", Duration{options.disconnect_check_delay}, Duration{1ms},
                Duration{1min});
}

/// The head that the host's parser has read.
Head head_of(const HostRequest& request) {
    Head head{.method = std::string(request.method_string()),
              .target = std::string(request.target()),
              .http_1_1 = request.version() == 11,
              .keep_alive = request.version() == 11};
    for (const auto& field : request)
        head.headers.add(std::string(field.name_string()), std::string(field.value()));
    return head;
}

} // namespace

Exchange begin_exchange(http::JobApi& api, HostRequest request, std::string remote_address,
                        const ServeOptions& options) {
    check(options);
    Exchange exchange;
    FramingFault fault;
    Head head = head_of(request);
    const bool is_sound = interpret(head, fault);
    exchange.http_1_1 = head.http_1_1;
    exchange.keep_alive = head.keep_alive && is_sound;
    if (!is_sound)
        exchange.refusal = api.refuse(http::Problem(fault.status, "bad_request", fault.reason));
    exchange.request = {.method = std::move(head.method),
                        .target = std::move(head.target),
                        .headers = std::move(head.headers),
                        .body = std::move(request.body()),
                        .remote_address = std::move(remote_address)};
    return exchange;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast::detail
