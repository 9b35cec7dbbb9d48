#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// Clients of an HTTP server on the loopback interface: persistent connections with one request at
/// a time each, all driven by the calling thread with as few system calls as possible.
class HttpLoad {
public:
    /// Sends `requests` unchanged, one after the other.
    HttpLoad(std::uint16_t port, std::size_t connections, std::vector<std::string> requests);
    ~HttpLoad();
    HttpLoad(const HttpLoad&) = delete;
    HttpLoad& operator=(const HttpLoad&) = delete;

    /// Sends for so long; returns the responses a second.
    double run(double seconds);
    std::size_t responses() const noexcept { return responses_; } ///< total

    /// Sends one request and returns its response, with its head.
    std::string ask();

private:
    struct Connection {
        int descriptor = -1;
        std::string received = {};
    };

    void send_next(Connection& connection);
    bool receive(Connection& connection);

    const std::vector<std::string> requests_;
    std::size_t next_ = 0;
    std::size_t responses_ = 0;
    std::vector<Connection> connections_;
    int poll_;
};

/// Clients of event streams, open for the lifetime of this object.
class HttpStreams {
public:
    explicit HttpStreams(std::uint16_t port) : port_(port) {}
    ~HttpStreams();
    HttpStreams(const HttpStreams&) = delete;
    HttpStreams& operator=(const HttpStreams&) = delete;

    /// Opens a stream and waits until it has sent `text`.
    void open(const std::string& request, std::string_view text);
    /// Waits until all streams have sent `text`.
    void wait_for_all(std::string_view text);

private:
    const std::uint16_t port_;
    std::vector<int> descriptors_;
};

} // namespace bench
