#pragma once

#include "../served_api.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <thread>

namespace desync {

using namespace std::string_literals; // messages hold NULs

/// Bytes that two chained servers could read differently, or nearly so.
struct Message {
    std::string why; ///< it is ambiguous, or unambiguous
    std::string bytes;
    unsigned status = 400; ///< of the only response
    std::string body = {}; ///< as the server parsed it; see echo
};

/// `POST /v1/echo`, which returns the body as the server parsed it.
inline std::string post(std::string_view fields, std::string_view body = {}) {
    return "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" +
           std::string(body);
}

inline std::string chunked(std::string_view body) {
    return post("Transfer-Encoding: chunked\r\n", body);
}

inline std::string get(std::string_view target, std::string_view fields = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
           "\r\n";
}

/// The request that an attacker would hide behind a message.
inline const std::string smuggled = get("/v1/smuggled");

class Target {
public:
    Target() {
        served_.api.route("POST", "/echo",
                          [](const asyncjobs::http::Call& call) {
                              return asyncjobs::http::Response{.body = call.request.body};
                          },
                          {.authenticate = false});
        served_.api.route("GET", "/smuggled",
                          [this](const asyncjobs::http::Call&) {
                              ++reached_;
                              return asyncjobs::http::Response{.body = "smuggled"};
                          },
                          {.authenticate = false});
    }

    /// Each message gets one response with its status, and what follows it none, however it is
    /// split into packets.
    void refuses(std::span<const Message> messages) {
        for (const auto& message : messages) {
            CAPTURE(message.why);
            CAPTURE(message.bytes);
            for (const std::size_t packet : {std::size_t{1} << 20, std::size_t{1}}) {
                CAPTURE(packet);
                auto connection = served_.connect();
                send(connection, message.bytes + smuggled, packet);
                const auto response = connection.receive();
                CHECK(response.status == message.status);
                CHECK(response.header("Connection") == "close");
                CHECK(connection.closed_without_a_word());
            }
        }
        CHECK(reached_ == 0);
    }

    /// Each message gets one response, and then the request behind it.
    void takes(std::span<const Message> messages) {
        for (const auto& message : messages) {
            CAPTURE(message.why);
            CAPTURE(message.bytes);
            for (const std::size_t packet : {std::size_t{1} << 20, std::size_t{1}}) {
                CAPTURE(packet);
                const auto before = reached_.load();
                auto connection = served_.connect();
                send(connection, message.bytes + get("/v1/smuggled", "Connection: close\r\n"),
                     packet);
                const auto response = connection.receive();
                CHECK(response.status == message.status);
                if (response.status == 200) CHECK(response.body == message.body);
                CHECK(connection.receive().body == "smuggled");
                CHECK(connection.closed_without_a_word());
                CHECK(reached_ == before + 1);
            }
        }
    }

    /// Each message gets one response, and what follows it is its body.
    void swallows(std::span<const Message> messages) {
        for (const auto& message : messages) {
            CAPTURE(message.why);
            CAPTURE(message.bytes);
            auto connection = served_.connect();
            connection.send(message.bytes);
            CHECK(connection.receive().status == message.status);
            CHECK(connection.ask(get("/healthz", "Connection: close\r\n")).status == 200);
            CHECK(connection.closed_without_a_word());
        }
        CHECK(reached_ == 0);
    }

    RawClient connect() { return served_.connect(); }

    /// How often the smuggled request was handled.
    int reached() const { return reached_; }

private:
    static void send(RawClient& connection, std::string_view bytes, std::size_t packet) {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(packet, bytes.size()))) {
            if (!connection.send(bytes.substr(0, packet))) return;
            while (holds_unread_bytes(connection)) std::this_thread::yield();
        }
    }

    /// Whether the server, which runs in this process, has not yet read what was sent. Without
    /// this, packets that arrive faster than they are read are merged.
    static bool holds_unread_bytes(const RawClient& connection) {
        const auto port = connection.local_port();
        for (int descriptor = 0; descriptor < 1024; ++descriptor) {
            sockaddr_in peer = {};
            socklen_t size = sizeof peer;
            if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
                peer.sin_family != AF_INET || ntohs(peer.sin_port) != port)
                continue;
            int bytes = 0;
            return ::ioctl(descriptor, FIONREAD, &bytes) == 0 && bytes > 0;
        }
        return false;
    }

    ServedApi served_{{.server = {.idle_timeout = std::chrono::seconds{10}}}};
    std::atomic<int> reached_ = 0;
};

} // namespace desync
