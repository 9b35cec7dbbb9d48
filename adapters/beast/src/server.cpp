#include <asyncjobs/beast/server.hpp>

#include "session.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/http/wire.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>

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
    check_time("disconnect_check_delay", options.disconnect_check_delay, 1ms, 1min);
    return options;
}

/// An IPv4 client has the same address whether the server listens at `0.0.0.0` or at `::`.
asio::ip::address unmapped(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

/// Of a connection: its socket, and a file that it sends.
constexpr std::size_t descriptors_each = 2;
/// For everything else in the process: stores, logs, files of handlers.
constexpr std::size_t other_descriptors = 128;

/// Raises the descriptor limit to `wanted` if possible, and returns it.
std::size_t raise_descriptor_limit(std::size_t wanted) noexcept {
    rlimit limit = {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted) {
        rlimit raised = limit;
        raised.rlim_cur = wanted;
        if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted)
            raised.rlim_cur = limit.rlim_max;
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur == RLIM_INFINITY ? wanted : std::size_t{limit.rlim_cur};
}

/// The number of connections for which `descriptors` suffice.
std::size_t connections_for(std::size_t descriptors) noexcept {
    const auto others = std::min(other_descriptors, descriptors / 2);
    return std::max(std::size_t{1}, (descriptors - others) / descriptors_each);
}

/// Otherwise a child process of the host would keep the port and the connections open.
void set_close_on_exec(int descriptor) noexcept { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

} // namespace

class Server::Impl {
public:
    Impl(http::JobApi& api, ServerOptions options)
        : hub_(std::make_shared<Hub>(api, checked(std::move(options)))),
          acceptor_(*hub_->contexts.front()), pause_(acceptor_.get_executor()),
          tick_(acceptor_.get_executor()) {
        for (const auto& context : hub_->contexts) work_.emplace_back(context->get_executor());
    }

    void start() {
        listen();
        check_descriptor_limit();
        accept();
        tick();
        try {
            for (const auto& context : hub_->contexts)
                threads_.emplace_back([this, &io = *context] { run(io); });
        } catch (...) {
            for (const auto& context : hub_->contexts) context->stop();
            threads_.clear();
            asyncjobs::detail::rethrow_as_error("the server's threads");
        }
    }

    void listen() {
        const auto& options = hub_->options;
        const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
        try {
            acceptor_.open(endpoint.protocol());
            set_close_on_exec(acceptor_.native_handle());
            acceptor_.set_option(tcp::acceptor::reuse_address(true));
            acceptor_.bind(endpoint);
            acceptor_.listen();
            port_ = acceptor_.local_endpoint().port();
        } catch (const boost::system::system_error& error) {
            throw Error(is_exhausted(error.code()) ? Errc::overloaded : Errc::invalid_argument,
                        "cannot listen at " + options.address + " port " +
                            std::to_string(options.port) + ": " + error.code().message());
        }
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
            tick_.cancel();
            accepting_ended_.set_value();
        });
        accepting_ended_.get_future().wait();
        for (const auto& session : hub_->sessions()) session->stop(true);
        hub_->wait_until_empty(deadline);
        for (const auto& session : hub_->sessions()) session->stop(false);
        work_.clear();
        threads_.clear();
    }

    void reload_certificate() { hub_->reload_certificate(); }

    std::uint16_t port() const noexcept { return port_; }
    std::size_t connections() const noexcept { return hub_->count(); }

private:
    void run(asio::io_context& io) noexcept {
        for (;;) {
            try {
                io.run();
                return;
            } catch (...) {
                hub_->log_fault("I/O thread failed");
            }
        }
    }

    void check_descriptor_limit() {
        const auto most = hub_->options.max_connections;
        const auto limit = raise_descriptor_limit(most * descriptors_each + other_descriptors);
        const auto enough_for = connections_for(limit);
        if (enough_for >= most) return;
        hub_->limit_connections(enough_for);
        hub_->log(LogEntry::Level::warning,
                  "max_connections lowered from " + std::to_string(most) + " to " +
                      std::to_string(enough_for) + ": the process may have only " +
                      std::to_string(limit) + " descriptors (RLIMIT_NOFILE)");
    }

    /// The next connection's thread, round robin. A connection stays on one thread, so that it
    /// needs no strand, and no memory to enter one.
    asio::io_context& next_context() {
        return *hub_->contexts[next_context_++ % hub_->contexts.size()];
    }

    void accept() noexcept {
        try {
            auto chain = std::make_shared<int>();
            const std::weak_ptr<int> accepting = chain;
            acceptor_.async_accept(
                next_context().get_executor(),
                [this, chain = std::move(chain)](error_code error, Transport::Socket socket) {
                    on_accept(error, std::move(socket));
                });
            accepting_ = accepting;
        } catch (...) {
            hub_->log_fault("accepting a connection failed");
            accept_after(std::chrono::milliseconds{10});
        }
    }

    void on_accept(error_code error, Transport::Socket socket) noexcept {
        if (!acceptor_.is_open()) return;
        if (is_exhausted(error)) return accept_later(error);
        if (!error) {
            is_exhausted_ = false;
            try {
                admit(std::move(socket));
            } catch (...) {
                hub_->log_fault("connection closed");
            }
        }
        accept();
    }

    static bool is_exhausted(error_code error) {
        return error == asio::error::no_descriptors || error == asio::error::no_memory ||
               error == asio::error::no_buffer_space ||
               error == boost::system::errc::too_many_files_open_in_system;
    }

    /// Logs only the first failure after a connection was accepted.
    void accept_later(error_code error) noexcept {
        try {
            if (!std::exchange(is_exhausted_, true))
                hub_->log(LogEntry::Level::error,
                          "accepting connections failed: " + error.message());
        } catch (...) { // no memory for the log line
        }
        accept_after(std::chrono::milliseconds{100});
    }

    void accept_after(std::chrono::milliseconds pause) noexcept {
        try {
            pause_.expires_after(pause);
            pause_.async_wait([this](error_code) {
                if (acceptor_.is_open() && accepting_.expired()) accept();
            });
        } catch (...) { // the next tick retries
        }
    }

    /// Once a second, retries what failed for lack of memory.
    void tick() noexcept {
        try {
            tick_.expires_after(std::chrono::seconds{1});
            tick_.async_wait([this](error_code) { on_tick(); });
        } catch (...) {
            hub_->log_fault("timer failed");
        }
    }

    void on_tick() noexcept {
        if (!acceptor_.is_open()) return;
        tick();
        try {
            hub_->close_lost_sessions();
        } catch (...) {
            hub_->log_fault("closing a connection failed");
        }
        if (accepting_.expired()) accept();
    }

    void admit(Transport::Socket socket) {
        set_close_on_exec(socket.native_handle());
        error_code error;
        const auto peer = unmapped(socket.remote_endpoint(error).address());
        if (error) return;
        auto admission = Hub::admit(hub_, peer);
        if (!admission) return refuse_connection(std::move(socket));
        auto session =
            std::make_shared<Session>(hub_, std::move(admission), std::move(socket), peer);
        hub_->add(session);
        try {
            session->start();
        } catch (...) {
            hub_->remove(*session);
            throw;
        }
    }

    void refuse_connection(Transport::Socket socket) {
        if (hub_->tls()) return; // a handshake would cost too much
        const auto message =
            to_wire(hub_->api.refuse(http::Problem(503, "overloaded", "too many connections")
                                         .with_header("Retry-After", "5")),
                    true, false);
        error_code ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(message.start), ignored);
        socket.shutdown(Transport::Socket::shutdown_both, ignored);
    }

    const std::shared_ptr<Hub> hub_;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work_;
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
    asio::basic_waitable_timer<std::chrono::steady_clock> pause_;
    asio::basic_waitable_timer<std::chrono::steady_clock> tick_;
    std::weak_ptr<int> accepting_; ///< expired: no accept is in progress, as it failed
    std::size_t next_context_ = 0;
    bool is_exhausted_ = false; ///< out of descriptors or memory, which has been logged
    std::uint16_t port_ = 0;
    std::mutex stopping_;
    std::promise<void> accepting_ended_;
    std::vector<std::jthread> threads_;
};

Server::Server(http::JobApi& api, ServerOptions options) try
    : impl_(std::make_unique<Impl>(api, std::move(options))) {
} catch (...) {
    asyncjobs::detail::rethrow_as_error("a server");
}

Server::~Server() { stop(); }

void Server::start() { impl_->start(); }

std::uint16_t Server::port() const noexcept { return impl_->port(); }

std::size_t Server::connections() const noexcept { return impl_->connections(); }

void Server::reload_certificate() { impl_->reload_certificate(); }

void Server::stop(Duration grace) { impl_->stop(grace); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
