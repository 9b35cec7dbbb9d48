#include "http_exchange.hpp"

#include <asyncjobs/error.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <fmt/format.h>

namespace asyncjobs::files {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::size_t longest_answer = 64 * 1024;

/// One exchange. Only asynchronous operations have timeouts: each is started, and waited for.
class Exchange {
public:
    Exchange(const Endpoint& endpoint, Duration timeout) : endpoint_(endpoint), timeout_(timeout) {}

    HttpAnswer over_tcp(const S3Request& request,
                        const std::optional<std::filesystem::path>& file) {
        beast::tcp_stream stream(io_);
        connect(stream);
        return talk(stream, request, file);
    }

    HttpAnswer over_tls(asio::ssl::context& tls, const S3Request& request,
                        const std::optional<std::filesystem::path>& file) {
        beast::ssl_stream<beast::tcp_stream> stream(io_, tls);
        stream.set_verify_mode(asio::ssl::verify_peer);
        stream.set_verify_callback(asio::ssl::host_name_verification(endpoint_.host));
        SSL_set_tlsext_host_name(stream.native_handle(), endpoint_.host.c_str());
        connect(beast::get_lowest_layer(stream));
        step("greet", stream,
             [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
        return talk(stream, request, file);
    }

private:
    [[noreturn]] void fail(std::string_view what, const error_code& error) const {
        throw Error(Errc::store_unavailable,
                    fmt::format("can't {} {}: {}", what, endpoint_.authority, error.message()));
    }

    template <typename Stream, typename Start>
    void step(std::string_view what, Stream& stream, Start start) {
        if (const auto error = try_step(stream, start)) fail(what, error);
    }

    template <typename Stream, typename Start>
    error_code try_step(Stream& stream, Start start) {
        error_code result;
        beast::get_lowest_layer(stream).expires_after(timeout_);
        start([&](error_code error, auto&&...) { result = error; });
        io_.restart();
        io_.run();
        return result;
    }

    void connect(beast::tcp_stream& stream) {
        error_code error;
        const auto addresses =
            asio::ip::tcp::resolver(io_).resolve(endpoint_.host, endpoint_.port, error);
        if (error) fail("resolve", error);
        step("connect to", stream, [&](auto done) { stream.async_connect(addresses, done); });
    }

    template <typename Stream>
    HttpAnswer talk(Stream& stream, const S3Request& request,
                    const std::optional<std::filesystem::path>& file) {
        error_code error;
        if (file) {
            http::request<http::file_body> message;
            message.body().open(file->c_str(), beast::file_mode::scan, error);
            if (error)
                throw Error(Errc::store_failure,
                            fmt::format("can't open {}: {}", file->string(), error.message()));
            error = send(stream, message, request);
        } else {
            http::request<http::empty_body> message;
            error = send(stream, message, request);
        }
        return receive(stream, request.method == "HEAD", error);
    }

    template <typename Stream, typename Body>
    error_code send(Stream& stream, http::request<Body>& message, const S3Request& request) {
        message.method_string(request.method);
        message.target(target_of(request));
        for (const auto& [name, value] : request.headers) message.set(name, value);
        message.set(http::field::connection, "close");
        message.prepare_payload();
        http::request_serializer<Body> serializer(message);
        while (!serializer.is_done())
            if (const auto error = try_step(
                    stream, [&](auto done) { http::async_write_some(stream, serializer, done); }))
                return error;
        return {};
    }

    /// A server may refuse a request before it has read all of it: then its answer counts.
    template <typename Stream>
    HttpAnswer receive(Stream& stream, bool is_head, const error_code& sending) {
        beast::flat_buffer buffer;
        http::response_parser<http::string_body> parser;
        parser.body_limit(longest_answer);
        parser.skip(is_head);
        const auto receiving =
            try_step(stream, [&](auto done) { http::async_read(stream, buffer, parser, done); });
        if (receiving) fail(sending ? "send to" : "hear from", sending ? sending : receiving);
        const auto& answer = parser.get();
        return {.status = answer.result_int(),
                .content_length = parser.content_length().value_or(0),
                .body = answer.body()};
    }

    const Endpoint& endpoint_;
    const Duration timeout_;
    asio::io_context io_;
};

} // namespace

std::shared_ptr<asio::ssl::context> make_tls_context(const std::string& ca_file) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    error_code error;
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    if (ca_file.empty())
        context->set_default_verify_paths(error);
    else
        context->load_verify_file(ca_file, error);
    if (error)
        throw Error(Errc::invalid_argument, fmt::format("ca_file is \"{}\", but must hold "
                                                        "certificates: {}",
                                                        ca_file, error.message()));
    return context;
}

HttpAnswer exchange(const Endpoint& endpoint, asio::ssl::context& tls, const S3Request& request,
                    const std::optional<std::filesystem::path>& file, Duration timeout) {
    Exchange one(endpoint, timeout);
    return endpoint.is_encrypted ? one.over_tls(tls, request, file) : one.over_tcp(request, file);
}

} // namespace asyncjobs::files
