#include "http_exchange.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

std::string_view verb_of(support::HttpStep step) {
    switch (step) {
    case support::HttpStep::look_up:
        return "resolve";
    case support::HttpStep::handshake:
        return "negotiate TLS with";
    case support::HttpStep::send:
        return "send to";
    case support::HttpStep::receive:
        return "receive from";
    default:
        return "connect to";
    }
}

} // namespace

support::HttpClient make_http_client(const std::string& ca_file, Duration timeout) {
    support::HttpClientOptions options{.timeout = timeout,
                                       .timeout_per_step = true,
                                       .ca_file = ca_file,
                                       .trust_system = ca_file.empty()};
    try {
        return support::HttpClient(std::move(options));
    } catch (const boost::system::system_error& error) {
        if (ca_file.empty()) throw;
        throw Error(Errc::invalid_argument, fmt::format("ca_file is \"{}\", but must hold "
                                                        "certificates: {}",
                                                        ca_file, error.code().message()));
    }
}

support::HttpResponse exchange(const support::HttpClient& client, const Endpoint& endpoint,
                               const S3Request& request,
                               const std::optional<std::filesystem::path>& file) {
    support::HttpRequest message{.method = request.method,
                                 .target = target_of(request),
                                 .headers = request.headers,
                                 .body_file = file};
    try {
        return client.exchange_blocking({endpoint.is_encrypted, endpoint.host, endpoint.port},
                                        std::move(message));
    } catch (const support::HttpError& error) {
        const auto reason = error.code().message();
        if (error.step() == support::HttpStep::open_body)
            throw Error(Errc::store_failure,
                        fmt::format("can't open {}: {}", file->string(), reason));
        throw Error(Errc::store_unavailable, fmt::format("can't {} {}: {}", verb_of(error.step()),
                                                         endpoint.authority, reason));
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
