#pragma once

#include "integration/child_process.hpp"
#include "integration/http/raw_client.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>
#include <unistd.h>

/// What the host sends as a file: 1 MB.
inline std::string manual_text() {
    std::string text;
    for (int line = 0; text.size() < 1'000'000; ++line) text += fmt::format("line {}\n", line);
    return text;
}

/// A host of the API in a process of its own, killed at the latest when this is destroyed.
class HostProcess {
public:
    HostProcess() : folder_(make_folder()), process_(command(), out_.write_end()) {
        out_.close_write_end();
        std::string line;
        for (char c = 0; ::read(out_.read_end(), &c, 1) == 1 && c != '\n';) line += c;
        if (!line.starts_with("listening on http://127.0.0.1:"))
            throw std::runtime_error("the host did not come up: \"" + line + '"');
        port_ = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
    }

    ~HostProcess() { std::filesystem::remove_all(folder_); }

    RawClient connect() const { return RawClient(port_); }

    /// Sends `signal` and waits for the exit; returns the exit status, or the negated signal.
    int end(int signal) { return process_.end(signal); }
    void signal(int signal) { process_.signal(signal); }
    int wait() { return process_.wait(); }

    std::size_t threads() const {
        const auto tasks = std::filesystem::path(fmt::format("/proc/{}/task", process_.id()));
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(tasks), {}));
    }

    /// Submits words, each of which takes that long; returns the job's path.
    std::string submit(std::string_view text, int milliseconds_per_word = 0) const {
        auto client = connect();
        const auto response = client.ask(submission(text, milliseconds_per_word));
        if (response.status != 202) throw std::runtime_error("not accepted: " + response.body);
        return response.header("Location");
    }

    /// Waits until the metrics show so many requests that wait for a job.
    void await_waiting(int count) const {
        const auto line = fmt::format("\nasyncjobs_http_requests_waiting {}\n", count);
        while (connect().ask(request("GET /metrics")).body.find(line) == std::string::npos) {
        }
    }

    static std::string submission(std::string_view text, int milliseconds_per_word = 0,
                                  std::string_view fields = {}) {
        const auto body = fmt::format(R"({{"text": "{}", "milliseconds_per_word": {}}})", text,
                                      milliseconds_per_word);
        return request("POST /v1/word-counts",
                       fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n{}",
                                   body.size(), fields)) +
               body;
    }

    static std::string request(std::string_view line, std::string_view fields = {}) {
        return fmt::format("{} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ann\r\n{}\r\n", line,
                           fields);
    }

private:
    static std::filesystem::path make_folder() {
        auto name = (std::filesystem::temp_directory_path() / "host-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        std::ofstream(name + "/manual.txt") << manual_text();
        return name;
    }

    std::vector<std::string> command() const {
        return {HOST_PROGRAM, "--listen", "127.0.0.1:0", "--manual", folder_ / "manual.txt"};
    }

    const std::filesystem::path folder_;
    Pipe out_;
    ChildProcess process_;
    std::uint16_t port_ = 0;
};
