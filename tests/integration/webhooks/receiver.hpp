#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// A receiver of webhooks on the loopback interface, with or without TLS, that sends given bytes.
class Receiver {
public:
    using Request = boost::beast::http::request<boost::beast::http::string_body>;
    using Responder = std::function<std::string(const Request&)>;

    /// `certificate` is a name in CERTIFICATES; empty: no TLS.
    Receiver(const std::string& certificate, Responder responder,
             boost::asio::ssl::context::method method = boost::asio::ssl::context::tls_server)
        : responder_(std::move(responder)), has_tls_(!certificate.empty()), tls_(method),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        if (has_tls_) {
            const auto file = CERTIFICATES "/" + certificate;
            if (method != boost::asio::ssl::context::tls_server)
                SSL_CTX_set_security_level(tls_.native_handle(), 0);
            tls_.use_certificate_file(file + ".pem", boost::asio::ssl::context::pem);
            tls_.use_private_key_file(file + ".key", boost::asio::ssl::context::pem);
        }
        port_ = acceptor_.local_endpoint().port();
        accepts_ = std::jthread([this] { accept(); });
    }

    ~Receiver() {
        stopping_ = true;
        boost::asio::ip::tcp::socket last(context_);
        boost::system::error_code ignored;
        last.connect(acceptor_.local_endpoint(), ignored); // wakes up accept()
        accepts_.join();
    }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url(const std::string& host = "localhost",
                    const std::string& path = "/hooks") const {
        return (has_tls_ ? "https://" : "http://") + host + ':' + std::to_string(port_) + path;
    }

    /// The next request, in order of arrival.
    Request next() {
        std::unique_lock lock(mutex_);
        if (!arrived_.wait_for(lock, std::chrono::seconds{20}, [&] { return !requests_.empty(); }))
            throw std::runtime_error("no request came");
        auto request = std::move(requests_.front());
        requests_.pop_front();
        return request;
    }

    /// How many connections were accepted, whether or not they sent a request.
    int connections() const { return connections_; }
    std::size_t unread() {
        const std::lock_guard lock(mutex_);
        return requests_.size();
    }

private:
    void accept() {
        std::vector<std::jthread> sessions;
        for (;;) {
            auto socket = acceptor_.accept();
            if (stopping_) return;
            ++connections_;
            sessions.emplace_back([this, socket = std::move(socket)]() mutable {
                try {
                    if (!has_tls_) return serve(socket);
                    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream(std::move(socket),
                                                                                  tls_);
                    stream.handshake(boost::asio::ssl::stream_base::server);
                    serve(stream);
                } catch (const boost::system::system_error&) {
                    // the peer went away
                }
            });
        }
    }

    template <typename Stream>
    void serve(Stream& stream) {
        boost::beast::flat_buffer buffer;
        Request request;
        boost::beast::http::read(stream, buffer, request);
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        arrived_.notify_one();
        boost::asio::write(stream, boost::asio::buffer(responder_(request)));
        char rest = 0;
        boost::asio::read(stream, boost::asio::buffer(&rest, 1)); // until the peer closes
    }

    const Responder responder_;
    const bool has_tls_;
    boost::asio::io_context context_;
    boost::asio::ssl::context tls_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> connections_ = 0;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Request> requests_;
    std::jthread accepts_;
};

inline std::string response(int status, const std::string& headers = {},
                            const std::string& body = {}) {
    return "HTTP/1.1 " + std::to_string(status) +
           " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
           body;
}
inline Receiver::Responder always(int status, const std::string& headers = {}) {
    return [=](const Receiver::Request&) { return response(status, headers); };
}
