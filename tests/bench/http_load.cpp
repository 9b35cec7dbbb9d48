#include "http_load.hpp"

#include "system_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

int connect_to(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw_system_error("socket");
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw_system_error("connect");
    return descriptor;
}

void send_all(int descriptor, std::string_view text) {
    const auto sent = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(text.size())) throw_system_error("send");
}

void receive_more(int descriptor, std::string& received) {
    std::array<char, 16 * 1024> bytes; // NOLINT: filled by recv
    const auto count = ::recv(descriptor, bytes.data(), bytes.size(), 0);
    if (count < 0) throw_system_error("recv");
    if (count == 0) throw std::runtime_error("the server has closed a connection");
    received.append(bytes.data(), static_cast<std::size_t>(count));
}

/// Returns the length of the response at the beginning of `text`; empty while its head is
/// incomplete.
std::optional<std::size_t> length_of_response(std::string_view text) {
    constexpr std::string_view field = "\r\nContent-Length: ";
    const auto end = text.find("\r\n\r\n");
    if (end == text.npos) return std::nullopt;
    const auto head = text.substr(0, end);
    std::size_t body = 0;
    if (const auto at = head.find(field); at != head.npos)
        std::from_chars(head.data() + at + field.size(), head.data() + head.size(), body);
    return end + 4 + body;
}

} // namespace

HttpLoad::HttpLoad(std::uint16_t port, std::size_t connections, std::vector<std::string> requests)
    : requests_(std::move(requests)), connections_(connections), poll_(::epoll_create1(0)) {
    if (poll_ < 0) throw_system_error("epoll_create1");
    for (auto& connection : connections_) {
        connection.descriptor = connect_to(port);
        epoll_event event = {};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        if (::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.descriptor, &event) != 0)
            throw_system_error("epoll_ctl");
    }
}

HttpLoad::~HttpLoad() {
    for (const auto& connection : connections_)
        if (connection.descriptor >= 0) ::close(connection.descriptor);
    ::close(poll_);
}

double HttpLoad::run(double seconds) {
    using SteadyClock = std::chrono::steady_clock;
    const auto start = SteadyClock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(SteadyClock::now() - start).count();
    };
    for (auto& connection : connections_) send_next(connection);
    std::size_t responses = 0, under_way = connections_.size();
    std::array<epoll_event, 64> events = {};
    while (under_way > 0) {
        const int ready = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
        if (ready < 0) throw_system_error("epoll_wait");
        const bool over = elapsed() >= seconds;
        for (int i = 0; i < ready; ++i) {
            auto& connection =
                *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!receive(connection)) continue;
            ++responses;
            if (over)
                --under_way;
            else
                send_next(connection);
        }
    }
    responses_ += responses;
    return static_cast<double>(responses) / elapsed();
}

std::string HttpLoad::ask() {
    auto& connection = connections_.front();
    send_next(connection);
    std::string response;
    while (response.size() < length_of_response(response).value_or(1))
        receive_more(connection.descriptor, response);
    return response;
}

void HttpLoad::send_next(Connection& connection) {
    send_all(connection.descriptor, requests_[next_]);
    next_ = (next_ + 1) % requests_.size();
}

/// Returns whether the response is complete.
bool HttpLoad::receive(Connection& connection) {
    receive_more(connection.descriptor, connection.received);
    const auto length = length_of_response(connection.received);
    if (!length || connection.received.size() < *length) return false;
    const std::string_view text = connection.received;
    if (!text.starts_with("HTTP/1.1 2") && !text.starts_with("HTTP/1.1 304"))
        throw std::runtime_error("unexpected response: " + connection.received);
    connection.received.clear();
    return true;
}

HttpStreams::~HttpStreams() {
    for (const auto descriptor : descriptors_) ::close(descriptor);
}

void HttpStreams::open(const std::string& request, std::string_view text) {
    descriptors_.push_back(connect_to(port_));
    send_all(descriptors_.back(), request);
    std::string received;
    while (received.find(text) == received.npos) receive_more(descriptors_.back(), received);
}

void HttpStreams::wait_for_all(std::string_view text) {
    for (const auto descriptor : descriptors_) {
        std::string received;
        while (received.find(text) == received.npos) receive_more(descriptor, received);
    }
}

} // namespace bench
