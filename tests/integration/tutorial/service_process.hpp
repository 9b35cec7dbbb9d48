#pragma once

#include "integration/child_process.hpp"
#include "integration/http/raw_client.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// A program of docs/tutorial.md that serves HTTP, in a process of its own; killed at the latest
/// when this is destroyed.
class ServiceProcess {
public:
    /// Starts TUTORIAL_PROGRAMS/`program`, with `settings` for `env`: "-C", FOLDER, NAME=VALUE.
    ServiceProcess(std::string_view program, std::vector<std::string> arguments,
                   std::vector<std::string> settings = {})
        : process_(command(program, std::move(arguments), std::move(settings)), out_.write_end()) {
        out_.close_write_end();
        std::string line;
        for (char c = 0; ::read(out_.read_end(), &c, 1) == 1 && c != '\n';) line += c;
        if (!line.starts_with("listening on "))
            throw std::runtime_error("the service did not come up: \"" + line + '"');
        port_ = static_cast<std::uint16_t>(
            std::stoul(line.substr(line.find_last_not_of("0123456789") + 1)));
    }

    /// Sends a request such as `GET /v1/jobs`; a body is JSON. `fields` end with CRLF.
    RawResponse request(std::string_view line, std::string_view body = {},
                        std::string_view fields = {}) const {
        const auto type = body.empty() ? "" : "Content-Type: application/json\r\n";
        return RawClient(port_).ask(
            fmt::format("{} HTTP/1.1\r\nHost: test\r\n{}{}Content-Length: {}\r\n\r\n{}", line, type,
                        fields, body.size(), body));
    }

    /// Waits until `done` of the job at `path`, and returns its status document.
    template <typename Done>
    boost::json::value follow(std::string_view path, Done done,
                              std::string_view fields = {}) const {
        std::string unless_changed;
        for (;;) {
            const auto response = request(fmt::format("GET {}", path), {},
                                          fmt::format("{}{}", fields, unless_changed));
            if (response.status == 200) {
                auto job = boost::json::parse(response.body);
                if (done(job.as_object())) return job;
            } else if (response.status != 304) {
                throw std::runtime_error("no job: " + response.head + response.body);
            }
            unless_changed =
                fmt::format("If-None-Match: {}\r\nPrefer: wait=30\r\n", response.header("ETag"));
        }
    }

    /// Waits until the job at `path` has finished, and returns its status document.
    boost::json::value finished(std::string_view path, std::string_view fields = {}) const {
        const auto has_finished = [](const boost::json::object& job) {
            return job.at("status") != "pending" && job.at("status") != "processing";
        };
        return follow(path, has_finished, fields);
    }

    /// Asks the service to stop as systemd does; returns its exit status.
    int stop() { return process_.end(SIGTERM); }

private:
    static std::vector<std::string> command(std::string_view program,
                                            std::vector<std::string> arguments,
                                            std::vector<std::string> settings) {
        std::vector<std::string> all{"/usr/bin/env"};
        all.insert(all.end(), settings.begin(), settings.end());
        all.push_back(fmt::format("{}/{}", TUTORIAL_PROGRAMS, program));
        all.insert(all.end(), arguments.begin(), arguments.end());
        return all;
    }

    Pipe out_;
    ChildProcess process_;
    std::uint16_t port_ = 0;
};
