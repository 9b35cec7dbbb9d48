#include <asyncjobs/beast/server.hpp>

#include "session.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/http/wire.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <future>
#include <thread>
#include <vector>

#include <fcntl.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

ServerOptions checked(ServerOptions options) {
    using asyncjobs::detail::check_range;
    using namespace std::chrono_literals;
    constexpr std::size_t mib = 1024 * 1024;
    const auto check_size = [](std::string_view name, std::size_t value, std::size_t low,
                               std::size_t high) { check_range(name, value, low, high); };
    const auto check_time = [](std::string_view name, Duration value, Duration low, Duration high) {
        check_range(name, value, low, high);
    };
    error_code error;
    asio::ip::make_address(options.address, error);
    if (error)
        throw Error(Errc::invalid_argument,
                    "address is \"" + options.address + "\", but must be a numeric IP address");
    check_range("io_threads", options.io_threads, 1U, 64U);
    check_size("max_connections", options.max_connections, 1, 1000000);
    check_size("max_connections_per_address", options.max_connections_per_address, 1, 1000000);
    check_size("target_limit", options.target_limit, 64, mib);
    check_size("head_limit", options.head_limit, 256, mib);
    check_size("field_limit", options.field_limit, 1, 10000);
    check_size("body_limit", options.body_limit, 0, 1024 * mib);
    check_time("idle_timeout", options.idle_timeout, 1ms, 24h);
    check_time("head_timeout", options.head_timeout, 1ms, 24h);
    check_time("body_timeout", options.body_timeout, 1ms, 24h);
    check_time("rate_grace", options.rate_grace, 0s, 24h);
    check_time("write_timeout", options.write_timeout, 1ms, 24h);
    check_time("linger_timeout", options.linger_timeout, 0s, 1min);
    return options;
}

/// A client of IPv4 has one address, whether the server listens at `0.0.0.0` or at `::`.
asio::ip::address unmapped(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

/// Else a process that the host starts would keep the port taken, and connections open.
void keep_from_children(int descriptor) noexcept { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

} // namespace

class Server::Impl {
public:
    Impl(http::JobApi& api, ServerOptions options)
        : hub_(std::make_shared<Hub>(api, checked(std::move(options)))),
          acceptor_(asio::make_strand(hub_->io)), pause_(acceptor_.get_executor()) {}

    void start() {
        const auto& options = hub_->options;
        const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
        try {
            acceptor_.open(endpoint.protocol());
            keep_from_children(acceptor_.native_handle());
            acceptor_.set_option(tcp::acceptor::reuse_address(true));
            acceptor_.bind(endpoint);
            acceptor_.listen();
            port_ = acceptor_.local_endpoint().port();
        } catch (const boost::system::system_error& error) {
            throw Error(Errc::invalid_argument, "can't listen at " + options.address + " port " +
                                                    std::to_string(options.port) + ": " +
                                                    error.code().message());
        }
        accept();
        for (unsigned i = 0; i < options.io_threads; ++i) threads_.emplace_back([this] { run(); });
    }

    void stop(Duration grace) {
        const std::lock_guard lock(stopping_);
        if (hub_->draining.exchange(true)) return;
        if (threads_.empty()) return;
        hub_->api.drain();
        const auto deadline = std::chrono::steady_clock::now() + grace;
        asio::dispatch(acceptor_.get_executor(), [this] {
            error_code ignored;
            acceptor_.close(ignored);
            pause_.cancel();
            accepting_ended_.set_value();
        });
        accepting_ended_.get_future().wait();
        for (const auto& session : hub_->sessions()) session->stop(true);
        hub_->wait_until_empty(deadline);
        for (const auto& session : hub_->sessions()) session->stop(false);
        work_.reset();
        threads_.clear();
    }

    void reload_certificate() { hub_->reload_certificate(); }

    std::uint16_t port() const noexcept { return port_; }
    std::size_t connections() const noexcept { return hub_->count(); }

private:
    void run() {
        for (;;) {
            try {
                hub_->io.run();
                return;
            } catch (const std::exception& error) {
                hub_->log(LogEntry::Level::error, std::string("an I/O thread: ") + error.what());
            }
        }
    }

    void accept() {
        acceptor_.async_accept(asio::make_strand(hub_->io.get_executor()),
                               [this](error_code error, Transport::Socket socket) {
                                   if (!acceptor_.is_open()) return;
                                   if (!error) admit(std::move(socket));
                                   if (is_exhausted(error)) return accept_later();
                                   accept();
                               });
    }

    static bool is_exhausted(error_code error) {
        return error == asio::error::no_descriptors || error == asio::error::no_memory ||
               error == asio::error::no_buffer_space ||
               error == boost::system::errc::too_many_files_open_in_system;
    }

    void accept_later() {
        hub_->log(LogEntry::Level::error, "no descriptors or memory for another connection");
        pause_.expires_after(std::chrono::milliseconds{100});
        pause_.async_wait([this](error_code) {
            if (acceptor_.is_open()) accept();
        });
    }

    void admit(Transport::Socket socket) {
        keep_from_children(socket.native_handle());
        error_code error;
        const auto peer = unmapped(socket.remote_endpoint(error).address());
        if (error) return;
        if (!hub_->admit(peer)) return turn_away(std::move(socket));
        auto session = std::make_shared<Session>(hub_, std::move(socket), peer);
        hub_->add(session);
        session->start();
    }

    void turn_away(Transport::Socket socket) {
        if (hub_->tls()) return; // a handshake would cost what there is too little of
        const auto message = to_wire(
            hub_->api.refuse(http::Problem(503, "overloaded", "there are too many connections")
                                 .with_header("Retry-After", "5")),
            true, false);
        error_code ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(message.start), ignored);
        socket.shutdown(Transport::Socket::shutdown_both, ignored);
    }

    const std::shared_ptr<Hub> hub_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{hub_->io.get_executor()};
    asio::basic_socket_acceptor<tcp, asio::strand<asio::io_context::executor_type>> acceptor_;
    asio::basic_waitable_timer<std::chrono::steady_clock> pause_;
    std::uint16_t port_ = 0;
    std::mutex stopping_;
    std::promise<void> accepting_ended_;
    std::vector<std::jthread> threads_;
};

Server::Server(http::JobApi& api, ServerOptions options)
    : impl_(std::make_unique<Impl>(api, std::move(options))) {}

Server::~Server() { stop(); }

void Server::start() { impl_->start(); }

std::uint16_t Server::port() const noexcept { return impl_->port(); }

std::size_t Server::connections() const noexcept { return impl_->connections(); }

void Server::reload_certificate() { impl_->reload_certificate(); }

void Server::stop(Duration grace) { impl_->stop(grace); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
