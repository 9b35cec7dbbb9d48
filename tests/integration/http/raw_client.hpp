#pragma once

#include <asyncjobs/http/headers.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

/// A response, byte for byte.
struct RawResponse {
    unsigned status = 0;
    std::string head = {}; ///< with the status line and the empty line
    asyncjobs::http::Headers headers = {};
    std::string body = {};

    /// Empty if no such field exists.
    std::string header(std::string_view name) const { return headers.joined(name); }
};

/// Sends exactly the given bytes, and reads responses, on one connection.
class RawClient {
public:
    /// `from` is the local address of the connection.
    explicit RawClient(std::uint16_t port, const char* from = "127.0.0.1")
        : socket_(context(), {boost::asio::ip::make_address(from), 0}) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    /// Within TLS; throws if the handshake fails. Borrows the context.
    RawClient(std::uint16_t port, boost::asio::ssl::context& tls) : RawClient(port) {
        tls_ = std::make_unique<Tls>(std::move(socket_), tls);
        tls_->handshake(Tls::client);
    }

    /// nullptr without TLS.
    SSL* tls() { return tls_ ? tls_->native_handle() : nullptr; }

    /// Returns false if the peer has closed; there may still be a response to read.
    bool send(std::string_view bytes) {
        boost::system::error_code error;
        if (tls_)
            boost::asio::write(*tls_, boost::asio::buffer(bytes), error);
        else
            boost::asio::write(socket_, boost::asio::buffer(bytes), error);
        return !error;
    }

    /// Identifies the connection at its peer. Not with TLS.
    std::uint16_t local_port() const { return socket_.local_endpoint().port(); }

    /// Ends the sending side.
    void finish_sending() {
        boost::system::error_code gone_already;
        socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, gone_already);
    }

    /// The head of the next response. Throws if the connection ends before it.
    RawResponse receive_head() {
        RawResponse response;
        response.head = take(length_until("\r\n\r\n"));
        response.status = static_cast<unsigned>(std::stoul(response.head.substr(9, 3)));
        parse_fields(response);
        return response;
    }

    /// The next chunk of a chunked body; empty at the end.
    std::string receive_chunk() {
        const auto length = std::stoul(take(length_until("\r\n")), nullptr, 16);
        while (unread_.size() < length + 2) read_more();
        const auto chunk = take(length);
        if (take(2) != "\r\n") throw std::runtime_error("a chunk does not end at its size");
        return chunk;
    }

    /// The next response; `bodiless` for responses to HEAD. Throws if the connection ends before
    /// it.
    RawResponse receive(bool bodiless = false) {
        RawResponse response = receive_head();
        if (bodiless || response.status == 204 || response.status == 304 || response.status < 200)
            return response;
        const auto length = std::stoul(response.header("Content-Length"));
        while (unread_.size() < length) read_more();
        response.body = take(length);
        return response;
    }

    RawResponse ask(std::string_view bytes) {
        send(bytes);
        return receive();
    }

    /// Everything up to the peer's close.
    std::string receive_rest() {
        while (read_some()) {
        }
        return take(unread_.size());
    }

    /// How the connection ended, after everything was read.
    boost::system::error_code end() const { return end_; }

    /// Waits for the peer to close; returns false if it sent something before.
    bool closed_without_a_word() { return receive_rest().empty(); }

private:
    using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

    /// All clients share one, since each would cost descriptors.
    static boost::asio::io_context& context() {
        static boost::asio::io_context shared;
        return shared;
    }

    bool read_some() {
        std::array<char, 16 * 1024> bytes;
        const auto buffer = boost::asio::buffer(bytes);
        const auto count = tls_ ? tls_->read_some(buffer, end_) : socket_.read_some(buffer, end_);
        unread_.append(bytes.data(), count);
        return !end_;
    }

    void read_more() {
        if (!read_some()) throw std::runtime_error("the connection ended: \"" + unread_ + '"');
    }

    std::size_t length_until(std::string_view end) {
        for (;;) {
            const auto found = unread_.find(end);
            if (found != std::string::npos) return found + end.size();
            read_more();
        }
    }

    std::string take(std::size_t count) {
        std::string taken = unread_.substr(0, count);
        unread_.erase(0, count);
        return taken;
    }

    static void parse_fields(RawResponse& response) {
        std::string_view rest = response.head;
        rest.remove_prefix(rest.find("\r\n") + 2);
        while (!rest.starts_with("\r\n")) {
            const auto line = rest.substr(0, rest.find("\r\n"));
            const auto colon = line.find(':');
            response.headers.add(std::string(line.substr(0, colon)),
                                 std::string(asyncjobs::http::trimmed(line.substr(colon + 1))));
            rest.remove_prefix(line.size() + 2);
        }
    }

    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<Tls> tls_;
    std::string unread_;
    boost::system::error_code end_;
};
