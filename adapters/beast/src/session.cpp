#include "session.hpp"

#include "body_deadline.hpp"

#include <asyncjobs/http/wire.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/read_size.hpp>

#include <algorithm>
#include <stdexcept>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t head_step = 4 * 1024;
constexpr std::size_t slice_size = 64 * 1024;
constexpr std::size_t least_chunked_body = 5; // an empty one's
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

Timestamp wall_clock() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

/// Whether the response delimits its body without closing the connection.
bool is_framed(const http::Response& response) noexcept {
    return response.status == 204 || response.status == 304 ||
           response.headers.find("Content-Length");
}

std::string_view text_of(const boost::beast::flat_buffer& buffer) noexcept {
    return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

} // namespace

template <typename What>
void Session::safely(What what) noexcept {
    try {
        what();
    } catch (...) {
        hub_->log_fault("connection closed");
        close();
    }
}

/// Runs a handler only while the connection is open; closes the connection after an error.
template <typename Handler>
auto Session::guarded(Handler handler) {
    return [self = shared_from_this(), handler = std::move(handler)](error_code error,
                                                                     auto&&... rest) {
        if (self->phase_ == Phase::closed) return;
        if (error) return self->close();
        self->safely([&] { handler(*self, rest...); });
    };
}

Session::Session(std::shared_ptr<Hub> hub, std::unique_ptr<Hub::Admission> admission,
                 Transport::Socket socket, const asio::ip::address& peer)
    : hub_(std::move(hub)), admission_(std::move(admission)),
      transport_(std::move(socket), hub_->tls().get()), peer_name_(peer.to_string()),
      timer_(transport_.get_executor()), in_(hub_->options.head_limit + slice_size) {}

Session::~Session() { hub_->return_body_memory(*admission_, body_memory_); }

void Session::start() {
    asio::dispatch(transport_.get_executor(), [self = shared_from_this()] {
        self->safely([&] {
            error_code ignored;
            self->transport_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
            self->start_connection();
            self->watch_deadline();
        });
    });
}

void Session::stop(bool gracefully) {
    asio::dispatch(transport_.get_executor(), [self = shared_from_this(), gracefully] {
        if (!gracefully || self->phase_ <= Phase::idle) self->close();
        self->keep_ = false;
    });
}

void Session::start_connection() {
    if (!transport_.has_tls()) return await_request();
    phase_ = Phase::handshake;
    set_deadline(Clock::now() + hub_->options.head_timeout);
    transport_.async_handshake(guarded([](Session& self) { self.await_request(); }));
}

void Session::await_request() {
    phase_ = Phase::idle;
    scanned_ = 0;
    blank_line_seen_ = false;
    if (in_.size() > 0) {
        begin_head();
        return on_head_bytes();
    }
    if (hub_->draining) return close();
    in_.shrink_to_fit();
    set_deadline(Clock::now() + hub_->options.idle_timeout);
    read_first_bytes();
}

/// Reads the start of the peer's next request, or its end of stream, in any phase.
void Session::read_first_bytes() {
    if (std::exchange(is_reading_first_bytes_, true)) return;
    transport_.async_read_some(asio::buffer(first_bytes_),
                               [self = shared_from_this()](error_code error, std::size_t bytes) {
                                   self->is_reading_first_bytes_ = false;
                                   if (self->phase_ != Phase::closed)
                                       self->safely([&] { self->on_first_bytes(error, bytes); });
                               });
}

void Session::on_first_bytes(error_code error, std::size_t bytes) {
    const bool is_responding = phase_ == Phase::handling || phase_ == Phase::writing;
    if (error == asio::error::eof && is_responding) { // it may still receive the response
        has_ended_ = true;
        keep_ = false;
        return request_handle_.cancel_wait();
    }
    if (error) return close();
    if (phase_ == Phase::streaming) return read_first_bytes();
    if (phase_ == Phase::lingering) return;
    in_.commit(asio::buffer_copy(in_.prepare(bytes), asio::buffer(first_bytes_)));
    if (phase_ != Phase::idle) return;
    begin_head();
    on_head_bytes();
}

void Session::begin_head() {
    phase_ = Phase::head;
    set_deadline(Clock::now() + hub_->options.head_timeout);
}

void Session::read_head() {
    const auto room = hub_->options.head_limit + 1 - in_.size();
    transport_.async_read_some(in_.prepare(std::min(room, head_step)),
                               guarded([](Session& self, std::size_t bytes) {
                                   self.in_.commit(bytes);
                                   self.on_head_bytes();
                               }));
}

void Session::on_head_bytes() {
    const auto& options = hub_->options;
    if (!blank_line_seen_ && text_of(in_).starts_with("\r\n")) {
        blank_line_seen_ = true;
        in_.consume(2);
    }
    const auto text = text_of(in_);
    const auto end = find_head_end(text, scanned_);
    if (end.malformed) return refuse(400, "bad_request", "a line of the head must end with CR LF");
    if (end.length > options.head_limit || (end.length == 0 && text.size() > options.head_limit)) {
        const auto fault = oversized_head(text, {options.target_limit, options.field_limit});
        return refuse(fault.status, "bad_request", fault.reason);
    }
    scanned_ = text.size();
    if (end.length == 0) return read_head();
    head_length_ = end.length;
    begin_request();
}

void Session::begin_request() {
    const auto& options = hub_->options;
    FramingFault fault;
    auto head = beast::read_head(text_of(in_).substr(0, head_length_),
                                 {options.target_limit, options.field_limit}, fault);
    if (!head) return refuse(fault.status, "bad_request", fault.reason);
    head_ = *std::move(head);
    keep_ = head_.keep_alive && !hub_->draining;
    if (head_.content_length.value_or(0) > options.body_limit)
        return refuse(413, "body_too_large", "the body is too large");
    if (head_.has_body()) return begin_body();
    in_.consume(head_length_);
    pass_to_api({});
}

void Session::begin_body() {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(static_cast<std::uint32_t>(head_length_ + 1));
    parser_->body_limit(hub_->options.body_limit);
    extensions_ = 0;
    check_extensions_ = [this](std::uint64_t, std::string_view extensions, error_code& error) {
        // Beast accepts line ends in a quoted value; other parsers end the line there.
        if (!http::is_field_value(extensions))
            error = boost::beast::http::error::bad_chunk_extension;
        extensions_ += extensions.size();
        if (extensions_ > hub_->options.head_limit)
            error = boost::beast::http::error::bad_chunk_extension;
    };
    parser_->on_chunk_header(check_extensions_);
    phase_ = Phase::body;
    body_began_ = Clock::now();
    set_deadline(body_began_ + body_time(hub_->options, 0));
    if (!head_.expect_continue || in_.size() > head_length_) return on_body_bytes();
    asio::async_write(transport_, asio::buffer(continue_line),
                      guarded([](Session& self, std::size_t) { self.on_body_bytes(); }));
}

/// Beast buffers a chunk's extensions, and all trailers, until they are complete: neither may be
/// larger than a head.
std::size_t Session::room_for_body() const {
    if (!head_.chunked) return boost::beast::read_size(in_, slice_size);
    const auto limit = hub_->options.head_limit;
    return std::min(limit - std::min(in_.size(), limit), slice_size);
}

void Session::read_body() {
    const auto room = room_for_body();
    if (room == 0) return refuse(431, "bad_request", "chunk extensions or trailers are too large");
    transport_.async_read_some(in_.prepare(room), guarded([](Session& self, std::size_t bytes) {
                                   self.in_.commit(bytes);
                                   self.on_body_bytes();
                               }));
}

/// Beast throws if a trailer's name or value is too long for its fields.
error_code Session::feed_parser() {
    error_code error;
    try {
        in_.consume(parser_->put(in_.data(), error));
    } catch (const std::length_error&) {
        return boost::beast::http::error::bad_field;
    }
    return error;
}

void Session::on_body_bytes() {
    namespace http_io = boost::beast::http;
    // Beast aborts at "0\r\n" and one more byte, which may arrive separately.
    if (head_.chunked && in_.size() < least_chunked_body) return read_body();
    const auto error = feed_parser();
    if (error == http_io::error::body_limit)
        return refuse(413, "body_too_large", "the body is too large");
    if (error && error != http_io::error::need_more) return refuse_framing();
    switch (account_body()) {
    case Hub::Full::no:
        break;
    case Hub::Full::for_all:
        return refuse(503, "overloaded", "too many request bodies are being received");
    case Hub::Full::for_one:
        return refuse(503, "overloaded",
                      "too many request bodies are being received from this address");
    }
    if (parser_->is_done()) return pass_to_api(parser_->release().body());
    set_deadline(body_began_ + body_time(hub_->options, body_memory_));
    read_body();
}

Hub::Full Session::account_body() {
    const auto size = parser_->get().body().size();
    if (size <= body_memory_) return Hub::Full::no;
    const auto full = hub_->take_body_memory(*admission_, body_memory_, size - body_memory_);
    if (full == Hub::Full::no) body_memory_ = size;
    return full;
}

/// A callback for the API's threads, which may call it after this connection or the server is
/// destroyed, or in another phase.
template <typename What>
std::function<void(What)> Session::callback_for(Phase awaited, void (Session::*take)(What)) {
    return [hub = hub_, weak = weak_from_this(), thread = transport_.get_executor(), awaited,
            take](What what) {
        try {
            asio::post(thread, [weak, awaited, take, what = std::move(what)]() mutable {
                const auto self = weak.lock();
                if (!self || self->phase_ != awaited) return;
                self->safely([&] { (self.get()->*take)(std::move(what)); });
            });
        } catch (...) {
            if (const auto self = weak.lock()) self->lost_response_ = true;
            hub->note_loss();
        }
    };
}

void Session::pass_to_api(std::string body) {
    phase_ = Phase::handling;
    set_deadline(Clock::now() + hub_->options.disconnect_check_delay);
    parser_.reset();
    http::Request request{.method = std::move(head_.method),
                          .target = std::move(head_.target),
                          .headers = std::move(head_.headers),
                          .body = std::move(body),
                          .remote_address = peer_name_};
    request_handle_ =
        hub_->api.handle(std::move(request), callback_for(Phase::handling, &Session::respond));
}

void Session::refuse(unsigned status, std::string code, std::string detail) {
    keep_ = false;
    parser_.reset();
    respond(hub_->api.refuse(http::Problem(status, std::move(code), std::move(detail))));
}

void Session::refuse_framing() { refuse(400, "bad_request", "malformed body framing"); }

void Session::respond(http::Response response) {
    response_ = std::move(response);
    sent_ = 0;
    if (hub_->draining) keep_ = false; // stop() may not have come to this thread yet
    if (!is_framed(response_)) keep_ = false;
    if (std::holds_alternative<Stream>(response_.body)) return begin_stream();
    out_text_ = response_head(response_, wall_clock(), http::persistence(head_.http_1_1, keep_));
    phase_ = Phase::writing;
    write(true);
}

/// Reads from the peer only to detect that it disconnects.
void Session::begin_stream() {
    keep_ = false;
    phase_ = Phase::streaming;
    read_first_bytes();
    write_piece(response_head(response_, wall_clock(), http::Persistence::close,
                              head_.http_1_1 ? http::Framing::chunked : http::Framing::declared),
                &Session::request_piece);
}

/// If the peer ended its side before the stream began, its disconnect would go unnoticed: Asio
/// waits for a change that does not happen.
void Session::request_piece() {
    if (has_ended_) return close();
    out_text_ = {};
    set_deadline(Clock::time_point::max());
    std::get<Stream>(response_.body)->next(callback_for(Phase::streaming, &Session::on_piece));
}

void Session::on_piece(std::optional<std::string> piece) {
    if (piece && head_.http_1_1) piece = http::chunk(*piece);
    if (piece) return write_piece(*std::move(piece), &Session::request_piece);
    if (!head_.http_1_1) return end_exchange();
    write_piece(http::chunk(""), &Session::end_exchange);
}

void Session::write_piece(std::string piece, void (Session::*then)()) {
    out_text_ = std::move(piece);
    set_deadline(Clock::now() + hub_->options.write_timeout);
    asio::async_write(transport_, asio::buffer(out_text_),
                      guarded([then](Session& self, std::size_t) { (self.*then)(); }));
}

/// Reads the next part of a file.
bool Session::fill_slice() {
    const auto& file = std::get<http::FileBody>(response_.body);
    slice_.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(slice_size, file.length - sent_)));
    file.file->read(slice_.data(), static_cast<std::streamsize>(slice_.size()));
    return file.file->good();
}

void Session::write(bool with_head) {
    asio::const_buffer part;
    if (const auto* text = std::get_if<std::string>(&response_.body)) {
        const auto length = std::min<std::uint64_t>(slice_size, text->size() - sent_);
        part = asio::buffer(text->data() + sent_, static_cast<std::size_t>(length));
    } else {
        if (!fill_slice()) {
            hub_->log(LogEntry::Level::error, "file truncated while it was sent");
            return close();
        }
        part = asio::buffer(slice_);
    }
    sent_ += part.size();
    const std::array buffers = {with_head ? asio::buffer(out_text_) : asio::const_buffer(), part};
    set_deadline(Clock::now() + hub_->options.write_timeout);
    asio::async_write(transport_, buffers, guarded([](Session& self, std::size_t) {
                          if (self.sent_ < *body_length(self.response_.body))
                              self.write(false);
                          else
                              self.end_exchange();
                      }));
}

void Session::end_exchange() {
    response_ = {};
    out_text_ = {};
    slice_ = {};
    hub_->return_body_memory(*admission_, std::exchange(body_memory_, 0));
    if (keep_)
        await_request();
    else
        linger();
}

/// Keeps reading for a while: closing a socket with unread data resets the connection, and the peer
/// could lose the response.
void Session::linger() {
    phase_ = Phase::lingering;
    in_ = {};
    set_deadline(Clock::now() + hub_->options.linger_timeout);
    if (!transport_.has_tls()) return end_sending();
    transport_.async_shutdown([self = shared_from_this()](error_code) {
        if (self->phase_ == Phase::lingering) self->safely([&] { self->end_sending(); });
    });
}

void Session::end_sending() {
    error_code ignored;
    transport_.socket().shutdown(Transport::Socket::shutdown_send, ignored);
    await_end();
}

void Session::await_end() {
    transport_.socket().async_read_some(
        asio::buffer(first_bytes_), guarded([](Session& self, std::size_t) { self.await_end(); }));
}

void Session::close() noexcept {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    request_handle_.cancel_wait();
    error_code ignored;
    transport_.socket().close(ignored);
    timer_.cancel();
    hub_->remove(*this);
}

void Session::set_deadline(Clock::time_point deadline) {
    deadline_ = deadline;
    if (deadline < timer_.expiry()) timer_.expires_at(deadline); // ends the wait in progress
}

void Session::watch_deadline() {
    if (phase_ == Phase::closed) return;
    if (timer_.expiry() != deadline_) timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](error_code) {
        if (self->phase_ == Phase::closed) return;
        self->safely([&] {
            if (Clock::now() >= self->deadline_) self->on_deadline();
            self->watch_deadline();
        });
    });
}

void Session::on_deadline() {
    if (phase_ == Phase::handling) {
        set_deadline(Clock::time_point::max());
        if (in_.size() == 0) read_first_bytes();
        return;
    }
    if (phase_ == Phase::head || phase_ == Phase::body) {
        // Sent if the socket takes it at once.
        const auto message =
            to_wire(hub_->api.refuse(http::Problem(408, "request_timeout",
                                                   "the request did not arrive in time")),
                    true, false);
        transport_.write_at_once(message.start);
    }
    close();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
