#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace soci_test {

/// A proxy between a store and its server, on loopback, which cuts connections on request.
class TcpProxy {
public:
    /// Where the connection is cut.
    enum class Cut { before_request, before_response };

    explicit TcpProxy(std::uint16_t server_port) : server_port_(server_port) {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, any, &size) != 0)
            throw std::runtime_error("the proxy can't listen");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept(); });
    }
    ~TcpProxy() {
        stopping_ = true;
        acceptor_.join();
        for (auto& connection : connections_) connection.join();
        for (const int socket : backlog_)
            if (socket >= 0) ::close(socket);
        ::close(listener_);
    }
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    std::uint16_t port() const noexcept { return port_; }

    /// Cuts the first connection on which the client sends a text that contains `words`.
    void cut_at(std::string_view words, Cut how) {
        const std::lock_guard lock(mutex_);
        words_ = words;
        armed_ = how;
    }
    bool has_cut() {
        const std::lock_guard lock(mutex_);
        return !armed_;
    }

    /// Cuts all connections. New ones hang from now on: their clients get no response or, if not
    /// `accepted`, no connection.
    void fall_silent(bool accepted) {
        is_silent_ = true;
        if (accepted) return;
        is_deaf_ = true;
        ::listen(listener_, 0);
        for (int& socket : backlog_) { // fills the backlog
            socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            const auto address = loopback(port_);
            ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        }
    }
    /// How many accepted clients hang.
    int hanging() const noexcept { return hanging_; }

    /// How often the client of the nth connection has sent data after the connection began, or
    /// after the server had sent data.
    std::size_t requests(std::size_t connection) {
        const std::lock_guard lock(mutex_);
        return requests_.at(connection);
    }

private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    void accept() {
        while (!stopping_) {
            pollfd readable{.fd = listener_, .events = POLLIN, .revents = 0};
            if (::poll(&readable, is_deaf_ ? 0 : 1, 50) <= 0 || is_deaf_) continue;
            const int client = ::accept(listener_, nullptr, nullptr);
            if (is_silent_) {
                connections_.emplace_back([this, client] { keep_waiting(client); });
                continue;
            }
            const int server = ::socket(AF_INET, SOCK_STREAM, 0);
            const auto address = loopback(server_port_);
            if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
                ::shutdown(client, SHUT_RDWR);
            const auto number = begin_counting();
            connections_.emplace_back([this, client, server, number] {
                carry(client, server, number);
                ::close(client);
                ::close(server);
            });
        }
    }

    void keep_waiting(int client) {
        ++hanging_;
        while (!stopping_) {
            pollfd readable{.fd = client, .events = POLLIN, .revents = 0};
            if (::poll(&readable, 1, 50) > 0 && read(client).empty()) break;
        }
        ::close(client);
    }

    std::size_t begin_counting() {
        const std::lock_guard lock(mutex_);
        requests_.push_back(0);
        return requests_.size() - 1;
    }
    void count_request(std::size_t connection) {
        const std::lock_guard lock(mutex_);
        ++requests_[connection];
    }

    void carry(int client, int server, std::size_t number) {
        bool is_response_next = false;
        while (!stopping_ && !is_silent_) {
            std::array<pollfd, 2> ends = {{{client, POLLIN, 0}, {server, POLLIN, 0}}};
            if (::poll(ends.data(), ends.size(), 50) <= 0) continue;
            if (ends[1].revents != 0) {
                is_response_next = false;
                if (!pass_on(server, client)) return;
            }
            if (ends[0].revents == 0) continue;
            const std::string request = read(client);
            if (request.empty()) return;
            if (!std::exchange(is_response_next, true)) count_request(number);
            const auto cut = cut_of(request);
            if (cut == Cut::before_request) return;
            write(server, request);
            if (!cut) continue;
            ::shutdown(server, SHUT_WR); // the server sees it after it has run the request
            while (!read(server).empty()) {
            }
            return;
        }
    }

    std::optional<Cut> cut_of(const std::string& request) {
        const std::lock_guard lock(mutex_);
        if (!armed_ || request.find(words_) == request.npos) return std::nullopt;
        return std::exchange(armed_, std::nullopt);
    }

    static std::string read(int from) {
        std::array<char, 65536> bytes;
        const auto count = ::read(from, bytes.data(), bytes.size());
        return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
    }
    static void write(int to, std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    static bool pass_on(int from, int to) {
        const std::string bytes = read(from);
        write(to, bytes);
        return !bytes.empty();
    }

    const std::uint16_t server_port_;
    const int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::string words_;
    std::optional<Cut> armed_;
    std::vector<std::size_t> requests_;
    std::atomic<bool> stopping_ = false, is_silent_ = false, is_deaf_ = false;
    std::atomic<int> hanging_ = 0;
    std::array<int, 4> backlog_ = {-1, -1, -1, -1};
    std::vector<std::thread> connections_;
    std::thread acceptor_;
};

/// Returns `url` with the proxy's port instead of the server's.
inline std::string through(const TcpProxy& proxy, const std::string& url) {
    const auto host = url.find("127.0.0.1:") + std::string_view("127.0.0.1:").size();
    const auto end = url.find('/', host);
    return url.substr(0, host) + std::to_string(proxy.port()) + url.substr(end);
}
inline std::uint16_t port_in(const std::string& url) {
    const auto host = url.find("127.0.0.1:") + std::string_view("127.0.0.1:").size();
    return static_cast<std::uint16_t>(std::stoi(url.substr(host)));
}

} // namespace soci_test
