#include "http_client.hpp"

#include "connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/file.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <exception>

namespace asyncjobs::inline ASYNCJOBS_ABI::support {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::system_error;

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::size_t read_step = 8 * 1024;
constexpr std::size_t least_chunked_body = 5; // of an empty body; Beast asserts that

SteadyTime now() {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

/// A file sent as a body.
class BodyFile {
public:
    explicit BodyFile(const std::filesystem::path& path) {
        error_code error;
        file_.open(path.c_str(), beast::file_mode::scan, error);
        if (!error) left_ = file_.size(error);
        if (error) throw HttpError(HttpStep::open_body, error);
    }

    std::uint64_t left() const noexcept { return left_; }

    std::string next_piece() {
        error_code error;
        std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, left_)),
                          '\0');
        piece.resize(file_.read(piece.data(), piece.size(), error));
        if (!error && piece.empty()) error = http::error::short_read;
        if (error) throw HttpError(HttpStep::send, error);
        left_ -= piece.size();
        return piece;
    }

private:
    beast::file file_;
    std::uint64_t left_ = 0;
};

std::string head_of(const HttpRequest& request, std::uint64_t body_length) {
    std::string head = request.method + ' ' + request.target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : request.headers)
        head.append(name).append(": ").append(value).append("\r\n");
    if (body_length > 0 || request.method == "PUT" || request.method == "POST")
        head += "Content-Length: " + std::to_string(body_length) + "\r\n";
    return head + "Connection: close\r\n\r\n";
}

/// Whether the request line or a header field contains a line break or NUL.
bool breaks_a_line(const HttpRequest& request) {
    const auto breaks = [](const std::string& text) {
        return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
    };
    return breaks(request.method) || breaks(request.target) ||
           std::ranges::any_of(request.headers, [&](const auto& header) {
               return breaks(header.first) || breaks(header.second);
           });
}

class Exchange {
public:
    Exchange(const HttpClientOptions& options, const asio::any_io_executor& executor)
        : options_(options), start_(now()), connection_(std::make_shared<Connection>(executor)),
          in_(options.head_limit + piece_size) {}

    asio::awaitable<Addresses> look_up(const HttpOrigin& origin) {
        try {
            if (!options_.look_up) co_return support::look_up(origin.host);
            co_return co_await options_.look_up(origin.host, deadline());
        } catch (const system_error& error) {
            throw HttpError(HttpStep::look_up, error.code());
        }
    }

    /// Connects to the first address that accepts; the addresses share the time equally.
    asio::awaitable<void> connect(const Addresses& addresses, std::uint16_t port) {
        if (options_.is_allowed && !std::ranges::all_of(addresses, options_.is_allowed))
            throw HttpError(HttpStep::check, asio::error::access_denied);
        const auto last = deadline();
        error_code error = asio::error::host_not_found;
        auto left = static_cast<Duration::rep>(addresses.size());
        for (const auto& address : addresses) {
            const asio::ip::tcp::endpoint endpoint(address, port);
            const auto time = now();
            const auto share = time + (last - time) / left--;
            try {
                co_return co_await connection_->connect(endpoint, share);
            } catch (const HttpError& failed) {
                if (failed.code() == asio::error::operation_aborted) throw;
                error = failed.code();
            }
        }
        throw HttpError(HttpStep::connect, error);
    }

    asio::awaitable<void> handshake(asio::ssl::context& tls, const std::string& host) {
        connection_->expires_at(deadline());
        co_await connection_->handshake(tls, host);
    }

    asio::awaitable<void> send(const HttpRequest& request) {
        if (!request.body_file) {
            co_await write(head_of(request, request.body.size()) + request.body);
            co_return;
        }
        BodyFile file(*request.body_file);
        co_await write(head_of(request, file.left()));
        while (file.left() > 0) {
            auto piece = file.next_piece();
            co_await write(std::move(piece));
        }
    }

    asio::awaitable<HttpResponse> receive(bool has_body) {
        connection_->expires_at(deadline());
        for (;;) {
            Parser parser;
            co_await read(parser, has_body);
            auto& message = parser.get();
            if (message.result_int() / 100 == 1) continue;
            HttpResponse response;
            response.status = message.result_int();
            if (const auto length = parser.content_length()) response.content_length = *length;
            for (const auto& field : message)
                response.headers.emplace_back(field.name_string(), field.value());
            response.body = std::move(message.body());
            co_return response;
        }
    }

private:
    using Parser = http::response_parser<http::string_body>;

    SteadyTime deadline() const {
        return (options_.timeout_per_step ? now() : start_) + options_.timeout;
    }

    asio::awaitable<void> write(std::string bytes) {
        for (std::size_t sent = 0; sent < bytes.size();) {
            connection_->expires_at(deadline());
            sent += co_await connection_->write_some(asio::buffer(bytes) + sent);
        }
    }

    asio::awaitable<void> read(Parser& parser, bool has_body) {
        parser.header_limit(options_.head_limit);
        parser.body_limit(boost::none);
        if (options_.body_limit) parser.body_limit(*options_.body_limit);
        parser.skip(!has_body);
        parser.eager(options_.body_limit.has_value());
        for (;;) {
            const auto least = parser.is_header_done() && parser.chunked() ? least_chunked_body : 1;
            error_code error = http::error::need_more;
            if (in_.size() >= least) in_.consume(parser.put(in_.data(), error));
            if (error && error != http::error::need_more) throw HttpError(HttpStep::receive, error);
            if (parser.is_done() || (parser.is_header_done() && !options_.body_limit)) co_return;
            const bool has_ended = !co_await read_more();
            if (has_ended) co_return end(parser);
        }
    }

    /// Returns false at the end of the stream.
    asio::awaitable<bool> read_more() {
        const auto room = beast::read_size(in_, read_step);
        if (room == 0) throw HttpError(HttpStep::receive, http::error::buffer_overflow);
        const auto space = in_.prepare(room);
        try {
            in_.commit(co_await connection_->read_some(space));
            co_return true;
        } catch (const HttpError& error) {
            if (error.code() != asio::error::eof) throw;
            co_return false;
        }
    }

    static void end(Parser& parser) {
        error_code error = http::error::end_of_stream;
        if (parser.got_some()) parser.put_eof(error);
        if (error) throw HttpError(HttpStep::receive, error);
    }

    const HttpClientOptions& options_;
    const SteadyTime start_;
    const std::shared_ptr<Connection> connection_;
    beast::flat_buffer in_; ///< limited: the parser needs a chunk's head or the trailers as a whole
};

} // namespace

error_code HttpError::timeout() noexcept { return beast::error::timeout; }

std::string_view HttpResponse::header(std::string_view name) const noexcept {
    const auto found = std::ranges::find_if(
        headers, [&](const auto& header) { return beast::iequals(header.first, name); });
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

HttpClient::HttpClient(HttpClientOptions options)
    : options_(std::move(options)),
      tls_(std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client)) {
    SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
    if (options_.trust_system) tls_->set_default_verify_paths();
    if (!options_.ca_file.empty()) tls_->load_verify_file(options_.ca_file);
}

asio::awaitable<HttpResponse> HttpClient::exchange(HttpOrigin origin, HttpRequest request) const {
    if (breaks_a_line(request)) throw HttpError(HttpStep::send, asio::error::invalid_argument);
    const auto executor = co_await asio::this_coro::executor;
    Exchange exchange(options_, executor);
    const auto addresses = co_await exchange.look_up(origin);
    co_await exchange.connect(addresses, origin.port);
    if (origin.tls) co_await exchange.handshake(*tls_, origin.host);
    std::optional<HttpError> failed;
    try {
        co_await exchange.send(request);
    } catch (const HttpError& error) {
        if (error.step() != HttpStep::send || error.code() == asio::error::operation_aborted) throw;
        failed = error;
    }
    try {
        co_return co_await exchange.receive(request.method != "HEAD");
    } catch (const HttpError& error) {
        if (!failed || error.code() == asio::error::operation_aborted) throw;
        throw *failed;
    }
}

HttpResponse HttpClient::exchange_blocking(HttpOrigin origin, HttpRequest request) const {
    asio::io_context context;
    HttpResponse response;
    std::exception_ptr failed;
    asio::co_spawn(asio::any_io_executor(context.get_executor()),
                   exchange(std::move(origin), std::move(request)),
                   [&](std::exception_ptr error, HttpResponse received) {
                       failed = std::move(error);
                       response = std::move(received);
                   });
    context.run();
    if (failed) std::rethrow_exception(failed);
    return response;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
