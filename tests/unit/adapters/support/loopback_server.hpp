#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

/// The server's end of a connection. Blocks; throws when the client has disconnected.
class Peer {
public:
    using Socket = boost::asio::ip::tcp::socket;

    explicit Peer(Socket socket) : socket_(std::move(socket)) {}

    /// `certificate` is a name in CERTIFICATES.
    void handshake(const std::string& certificate) {
        const auto file = CERTIFICATES "/" + certificate;
        context_.use_certificate_file(file + ".pem", boost::asio::ssl::context::pem);
        context_.use_private_key_file(file + ".key", boost::asio::ssl::context::pem);
        tls_.emplace(socket_, context_);
        tls_->handshake(boost::asio::ssl::stream_base::server);
    }

    /// Returns the server name that the client requested; empty if none.
    std::string server_name() {
        const char* name = SSL_get_servername(tls_->native_handle(), TLSEXT_NAMETYPE_host_name);
        return name ? name : "";
    }

    /// Returns the head, up to and including the empty line.
    std::string read_head() {
        std::string head;
        while (!head.ends_with("\r\n\r\n")) head += read(1);
        return head;
    }

    std::string read(std::size_t length) {
        std::string text(length, '\0');
        if (tls_)
            boost::asio::read(*tls_, boost::asio::buffer(text));
        else
            boost::asio::read(socket_, boost::asio::buffer(text));
        return text;
    }

    void write(const std::string& text) {
        if (tls_)
            boost::asio::write(*tls_, boost::asio::buffer(text));
        else
            boost::asio::write(socket_, boost::asio::buffer(text));
    }

    void wait_until_the_client_is_gone() {
        for (;;) read(1);
    }

private:
    Socket socket_;
    boost::asio::ssl::context context_{boost::asio::ssl::context::tls_server};
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

/// A server at a port of 127.0.0.1, which handles each connection in the same way, one at a time.
class LoopbackServer {
public:
    explicit LoopbackServer(std::function<void(Peer&)> script)
        : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
          thread_([this, script = std::move(script)] { serve(script); }) {}

    ~LoopbackServer() {
        is_stopping_ = true;
        Peer::Socket last(context_);
        boost::system::error_code ignored;
        last.connect(acceptor_.local_endpoint(), ignored); // ends accept()
    }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    int connections() const { return connections_; }

private:
    void serve(const std::function<void(Peer&)>& script) {
        for (;;) {
            Peer peer(acceptor_.accept());
            if (is_stopping_) return;
            ++connections_;
            try {
                script(peer);
            } catch (const boost::system::system_error&) {
                // the client has disconnected
            }
        }
    }

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> is_stopping_ = false;
    std::atomic<int> connections_ = 0;
    std::jthread thread_;
};

/// Listens at a port of 127.0.0.2, but accepts no connection.
class SilentListener {
public:
    explicit SilentListener(std::uint16_t port)
        : address_(boost::asio::ip::make_address("127.0.0.2")), acceptor_(context_) {
        acceptor_.open(boost::asio::ip::tcp::v4());
        acceptor_.bind({address_, port});
        acceptor_.listen(0);
        // The first connection fills the queue for good.
        queued_.connect(acceptor_.local_endpoint());
    }

    const boost::asio::ip::address& address() const { return address_; }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    const boost::asio::ip::address address_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::socket queued_{context_};
};
