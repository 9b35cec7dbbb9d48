#pragma once

#include "integration/child_process.hpp"
#include "integration/http/raw_client.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signal.h>
#include <unistd.h>

/// The file of `--tokens`: `secret` is ada's, `other` is bob's.
inline const std::string token_file =
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ada\n"
    "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa bob\n";

/// A report server process, killed at the latest when this is destroyed.
class ReportServerProcess {
public:
    /// Starts the program that the build made, with `--listen 127.0.0.1:0` and `arguments`; returns
    /// when it listens. Throws if it ends before.
    explicit ReportServerProcess(const std::vector<std::string>& arguments)
        : process_(command(arguments), out_.write_end()) {
        out_.close_write_end();
        port_ = read_port(out_.read_end());
    }

    std::uint16_t port() const { return port_; }

    /// Sends `signal` and waits for the exit; returns the exit status, or the negated signal.
    int end(int signal) { return process_.end(signal); }

    void signal(int signal) { process_.signal(signal); }

    /// Kilobytes of memory in use.
    std::size_t resident_kilobytes() const {
        std::size_t pages = 0, resident = 0;
        const auto file = fmt::format("/proc/{}/statm", process_.id());
        if (auto* in = std::fopen(file.c_str(), "r")) {
            if (std::fscanf(in, "%zu %zu", &pages, &resident) != 2) resident = 0;
            std::fclose(in);
        }
        return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
    }

private:
    static std::vector<std::string> command(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {REPORT_SERVER_PROGRAM, "--listen", "127.0.0.1:0"});
        return arguments;
    }

    static std::uint16_t read_port(int descriptor) {
        std::string line;
        for (char c = 0; ::read(descriptor, &c, 1) == 1 && c != '\n';) line += c;
        const auto colon = line.rfind(':');
        if (!line.starts_with("listening on http://127.0.0.1:"))
            throw std::runtime_error("the report server did not come up: \"" + line + '"');
        return static_cast<std::uint16_t>(std::stoul(line.substr(colon + 1)));
    }

    Pipe out_;
    ChildProcess process_;
    std::uint16_t port_ = 0;
};

/// A client of the report server.
class ReportClient {
public:
    ReportClient(std::uint16_t port, std::string token)
        : connection_(port), token_(std::move(token)) {}

    std::string submission(std::string_view input, std::string_view more_headers = {}) const {
        return fmt::format("POST /v1/reports/sales HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer "
                           "{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}",
                           token_, input.size(), more_headers, input);
    }

    std::string get(std::string_view target, std::string_view more_headers = {}) const {
        return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n{}\r\n",
                           target, token_, more_headers);
    }

    RawResponse ask(const std::string& request) { return connection_.ask(request); }
    void send(const std::string& request) { connection_.send(request); }

    /// The id of the job that was accepted.
    std::string submit(std::string_view input, std::string_view more_headers = {}) {
        const auto response = ask(submission(input, more_headers));
        if (response.status != 202) throw std::runtime_error("not accepted: " + response.body);
        return std::string(document(response).at("job_id").as_string());
    }

    boost::json::object status(const std::string& id) {
        return document(ask(get("/v1/jobs/" + id)));
    }

    /// The finished job. Long-polls, so that the server has time for the job.
    boost::json::object wait(const std::string& id) {
        for (std::string known;;) {
            const auto response = ask(get("/v1/jobs/" + id, known));
            if (response.status == 304) continue;
            auto job = document(response);
            const auto& now = job.at("status").as_string();
            if (now != "pending" && now != "processing") return job;
            known =
                fmt::format("If-None-Match: {}\r\nPrefer: wait=10\r\n", response.header("ETag"));
        }
    }

    /// The file at the signed link of a completed job.
    RawResponse download(const boost::json::object& job, std::string_view more_headers = {}) {
        const auto& url = job.at("result").at("file_url").as_string();
        return ask(get({url.data(), url.size()}, more_headers));
    }

    static boost::json::object document(const RawResponse& response) {
        return boost::json::parse(response.body).as_object();
    }

private:
    RawClient connection_;
    const std::string token_;
};
