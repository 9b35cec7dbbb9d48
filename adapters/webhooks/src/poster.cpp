#include "poster.hpp"

#include "public_address.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/job_failure.hpp>
#include <asyncjobs/version.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace asyncjobs::webhooks {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

constexpr unsigned lookup_threads = 16;
constexpr std::uint32_t head_limit = 16 * 1024; ///< bytes of an answer that are looked at

using Request = http::request<http::string_body>;

Request request_of(const Target& target, const Letter& letter) {
    Request request(http::verb::post, target.path, 11, letter.body);
    request.set(http::field::host, target.authority);
    request.set(http::field::user_agent, "asyncjobs/" ASYNCJOBS_VERSION);
    request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : letter.headers) request.set(name, value);
    request.keep_alive(false);
    request.prepare_payload();
    return request;
}

/// A lookup that its coroutine may have ceased to wait for.
struct Lookup {
    Lookup(const asio::any_io_executor& executor, std::chrono::steady_clock::time_point deadline)
        : ended(executor, deadline) {}

    asio::steady_timer ended; ///< cancelled when it has
    bool has_ended = false;
    error_code error = {};
    tcp::resolver::results_type found = {};
};

[[noreturn]] void throw_timeout() { throw system_error(beast::error::timeout); }

/// Tries one address after the other; each has its share of the time that is left.
asio::awaitable<void> connect(beast::tcp_stream& stream,
                              const std::vector<tcp::endpoint>& addresses,
                              std::chrono::steady_clock::time_point deadline) {
    error_code error = asio::error::host_not_found;
    for (auto left = addresses.size(); left > 0; --left) {
        const auto now = std::chrono::steady_clock::now();
        stream.expires_at(now + (deadline - now) / left);
        co_await stream.async_connect(addresses[addresses.size() - left],
                                      asio::redirect_error(asio::use_awaitable, error));
        if (!error) break;
    }
    stream.expires_at(deadline);
    if (error) throw system_error(error);
}

template <typename Stream>
asio::awaitable<Answer> exchange(Stream& stream, const Request& request) {
    co_await http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    for (;;) {
        http::response_parser<http::empty_body> parser;
        parser.header_limit(head_limit);
        parser.body_limit(boost::none); // it is not read
        co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
        const auto& head = parser.get();
        if (head.result_int() / 100 == 1) continue;
        co_return Answer{head.result_int(), std::string(head[http::field::retry_after])};
    }
}

/// A name is told to the server, and the certificate must be for it.
asio::awaitable<Answer> exchange_by_tls(beast::ssl_stream<beast::tcp_stream>& stream,
                                        const Target& target, const Request& request) {
    if (!target.is_address &&
        SSL_set_tlsext_host_name(stream.native_handle(), target.host.c_str()) != 1)
        throw system_error(asio::error::invalid_argument);
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(target.host));
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    co_return co_await exchange(stream, request);
}

} // namespace

Poster::Poster(Runtime& runtime, PosterOptions options)
    : options_(std::move(options)), tls_(asio::ssl::context::tls_client),
      work_(context_.get_executor()), lookups_(runtime.make_lane(lookup_threads)),
      io_(runtime.make_lane(1)) {
    SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
    tls_.set_default_verify_paths();
    error_code error;
    if (!options_.ca_file.empty()) tls_.load_verify_file(options_.ca_file, error);
    if (error)
        detail::refuse("ca_file", options_.ca_file, "must be a readable file of certificates");
}

Poster::~Poster() { context_.stop(); }

void Poster::start() {
    std::call_once(started_, [this] { io_->post([this] { context_.run(); }); });
}

asio::awaitable<Answer> Poster::post(Target target, Letter letter) {
    try {
        co_return co_await try_to_post(target, letter);
    } catch (const system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        if (error.code() == beast::error::timeout)
            throw JobFailure("webhook_timeout", "there was no answer in time");
        throw JobFailure("webhook_unreachable",
                         fmt::format("there was no answer: {}", error.code().message()));
    }
}

asio::awaitable<Answer> Poster::try_to_post(const Target& target, const Letter& letter) {
    const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
    const auto addresses = co_await resolve(target, deadline);
    const auto is_allowed = [this](const tcp::endpoint& to) {
        return options_.allow_private_addresses || is_public_address(to.address());
    };
    if (!std::ranges::all_of(addresses, is_allowed))
        throw JobFailure("webhook_forbidden", "the receiver's address is not a public one");

    const auto request = request_of(target, letter);
    const auto executor = co_await asio::this_coro::executor;
    if (target.tls) {
        auto& context = tls_;
        beast::ssl_stream<beast::tcp_stream> stream(executor, context);
        co_await connect(stream.next_layer(), addresses, deadline);
        co_return co_await exchange_by_tls(stream, target, request);
    }
    beast::tcp_stream stream(executor);
    co_await connect(stream, addresses, deadline);
    co_return co_await exchange(stream, request);
}

asio::awaitable<Poster::Addresses> Poster::resolve(const Target& target, Deadline deadline) {
    const auto executor = co_await asio::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(executor, deadline);
    auto look_up = [this, lookup, host = target.host, port = std::to_string(target.port)] {
        error_code error;
        auto found = tcp::resolver(context_).resolve(
            host, port, tcp::resolver::numeric_service | tcp::resolver::address_configured, error);
        asio::post(lookup->ended.get_executor(), [lookup, error, found = std::move(found)] {
            lookup->has_ended = true;
            lookup->error = error;
            lookup->found = found;
            lookup->ended.cancel();
        });
    };
    lookups_->post(std::move(look_up));
    error_code waited;
    co_await lookup->ended.async_wait(asio::redirect_error(asio::use_awaitable, waited));
    if (!lookup->has_ended) {
        if (waited) throw system_error(waited);
        throw_timeout();
    }
    if (lookup->error) throw system_error(lookup->error);
    Addresses addresses;
    for (const auto& entry : lookup->found) addresses.push_back(entry.endpoint());
    co_return addresses;
}

} // namespace asyncjobs::webhooks
