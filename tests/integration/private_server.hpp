#pragma once

#include "integration/child_process.hpp"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Runs a program, found in the PATH, and returns its standard output.
inline std::string output_of(std::vector<std::string> command) {
    command.insert(command.begin(), "/usr/bin/env");
    Pipe pipe;
    ChildProcess process(command, pipe.write_end());
    pipe.close_write_end();
    std::string output;
    std::array<char, 65536> part;
    for (ssize_t n; (n = ::read(pipe.read_end(), part.data(), part.size())) > 0;)
        output.append(part.data(), static_cast<std::size_t>(n));
    if (const int status = process.wait(); status != 0)
        throw std::runtime_error(fmt::format("{} ended with {}", command.at(1), status));
    return output;
}

/// A test's private database server, started by a script of tests/servers, and stopped by the
/// destructor.
///
/// Errors  std::runtime_error if the script fails.
class PrivateServer {
public:
    /// Starts it, with `environment` ("NAME=value") for its processes.
    PrivateServer(std::string script, std::string folder, std::vector<std::string> environment = {})
        : environment_(std::move(environment)), script_(std::move(script)),
          folder_(std::move(folder)) {
        start();
        url_ = control("url");
        url_.resize(url_.find('\n'));
    }
    ~PrivateServer() {
        try {
            stop();
        } catch (const std::exception& error) {
            fmt::print(stderr, "{}\n", error.what());
        }
    }
    PrivateServer(const PrivateServer&) = delete;
    PrivateServer& operator=(const PrivateServer&) = delete;

    const std::string& url() const { return url_; }

    void start() const { control("start"); }
    void stop() const { control("stop"); }
    void kill() const { control("kill"); } ///< as in a crash

    /// Runs an action of the script, for one node of several if given.
    std::string control(std::string action, std::string node = {}) const {
        auto command = environment_;
        command.insert(command.end(), {script_, std::move(action), folder_});
        if (!node.empty()) command.push_back(std::move(node));
        return output_of(std::move(command));
    }

private:
    const std::vector<std::string> environment_;
    const std::string script_;
    const std::string folder_;
    std::string url_;
};
