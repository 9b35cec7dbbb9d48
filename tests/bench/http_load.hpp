#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// Clients of an HTTP server on the loopback interface: connections that are kept, with one request
/// at a time each, all driven by the calling thread with as few system calls as there can be.
class HttpLoad {
public:
    /// `requests` are sent in turns, as they are.
    HttpLoad(std::uint16_t port, std::size_t connections, std::vector<std::string> requests);
    ~HttpLoad();
    HttpLoad(const HttpLoad&) = delete;
    HttpLoad& operator=(const HttpLoad&) = delete;

    /// Sends for so long; answers how many answers came a second.
    double run(double seconds);
    std::size_t answers() const noexcept { return answers_; } ///< in all

    /// One request's answer, with its head.
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
    std::size_t answers_ = 0;
    std::vector<Connection> connections_;
    int poll_;
};

/// Clients that follow something, for as long as this lives.
class HttpStreams {
public:
    explicit HttpStreams(std::uint16_t port) : port_(port) {}
    ~HttpStreams();
    HttpStreams(const HttpStreams&) = delete;
    HttpStreams& operator=(const HttpStreams&) = delete;

    /// Opens one and waits until `text` has come.
    void open(const std::string& request, std::string_view text);
    /// Waits until `text` has come to all of them.
    void wait_for_all(std::string_view text);

private:
    const std::uint16_t port_;
    std::vector<int> descriptors_;
};

} // namespace bench
