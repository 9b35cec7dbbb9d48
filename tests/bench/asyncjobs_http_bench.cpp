// Measures the speed of the job API over HTTP, and of a server on Beast alone, or of the store
// alone, on the same cores.

#include "http_load.hpp"
#include "http_servers.hpp"
#include "subject.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <stdexcept>

#include <sys/resource.h>

namespace {

using bench::Channel;
using bench::Child;
using bench::HttpLoad;
using bench::Serving;

struct Options {
    std::size_t connections = 16;
    std::size_t streams = 10'000;
    double seconds = 1;
    int rounds = 9;
    Serving serving = {};
};

/// A job server in a separate process.
struct JobsServer {
    JobsServer(const std::string& url, const Serving& how)
        : place(bench::make_place(url)),
          process([&](Channel& channel) { bench::serve_jobs(channel, place->url(), how); }),
          port(static_cast<std::uint16_t>(std::stoul(process.channel().receive_line()))) {
        std::istringstream words(process.channel().receive_line());
        for (std::string id; words >> id;) ids.push_back(id);
    }

    std::vector<std::string> requests(const std::string& after = {},
                                      const std::string& fields = {}) const {
        std::vector<std::string> all;
        for (const auto& id : ids)
            all.push_back(bench::request_of("GET", "/v1/jobs/" + id + after, fields));
        return all;
    }

    const std::unique_ptr<bench::Place> place;
    Child process;
    const std::uint16_t port;
    std::vector<std::string> ids = {};
};

/// A server in a separate process that sends a constant response.
struct BareServer {
    BareServer(std::string constant, const Serving& how)
        : response(std::move(constant)),
          process([&](Channel& channel) { bench::serve_bare(channel, response, how); }),
          port(static_cast<std::uint16_t>(std::stoul(process.channel().receive_line()))) {}

    const std::string response;
    Child process;
    const std::uint16_t port;
};

struct Figures {
    std::vector<double> values = {}, limits = {};
    double processor = 0, limit_processor = 0; ///< server's time per response; 0: unknown
};

void print(std::string_view measure, const std::string& url, std::string_view unit,
           const Figures& figures) {
    const double value = bench::median(figures.values), limit = bench::median(figures.limits);
    fmt::print("RESULT measure={} store={} value={:.0f} unit={} limit={:.0f} ratio={:.2f}", measure,
               url.substr(0, url.find(':')), value, unit, limit,
               unit == "KiB" ? limit / value : value / limit);
    if (figures.processor > 0)
        fmt::print(" processor_us={:.1f} limit_processor_us={:.1f}", 1e6 * figures.processor,
                   1e6 * figures.limit_processor);
    fmt::print("\n");
    std::fflush(stdout);
}

/// The two sides alternate, so that other load affects both.
template <typename Value, typename Limit>
Figures take_turns(const Options& options, Value value, Limit limit) {
    value();
    limit();
    Figures figures;
    for (int round = 0; round < options.rounds; ++round) {
        figures.values.push_back(value());
        figures.limits.push_back(limit());
    }
    return figures;
}

/// Against a bare server that sends the job server's response to the first of these requests.
Figures against_bare(const Options& options, const JobsServer& server,
                     std::vector<std::string> requests) {
    const auto response = HttpLoad(server.port, 1, {requests.front()}).ask();
    const BareServer bare(response, options.serving);
    HttpLoad load(server.port, options.connections, requests);
    HttpLoad limit(bare.port, options.connections, std::move(requests));
    auto figures = take_turns(
        options, [&] { return load.run(options.seconds); },
        [&] { return limit.run(options.seconds); });
    const auto per_response = [](const Child& process, const HttpLoad& by) {
        return process.processor_time() / static_cast<double>(by.responses());
    };
    figures.processor = per_response(server.process, load);
    figures.limit_processor = per_response(bare.process, limit);
    return figures;
}

void status(const std::string& url, const Options& options) {
    const JobsServer server(url, options.serving);
    print("status", url, "requests/s", against_bare(options, server, server.requests()));
}

void not_modified(const std::string& url, const Options& options) {
    const JobsServer server(url, options.serving);
    print("not_modified", url, "requests/s",
          against_bare(options, server, server.requests("", "If-None-Match: \"1\"\r\n")));
}

std::vector<std::string> submission() {
    return {bench::request_of("POST", "/v1/reports", {}, bench::input())};
}

/// Against the store alone, since an acknowledged submit waits for it. The cost of a memory store
/// is negligible, so there the limit is a bare server.
void submit(const std::string& url, const Options& options) {
    const auto& serving = options.serving;
    if (url.starts_with("memory:")) {
        const JobsServer server(url, serving);
        return print("submit", url, "jobs/s", against_bare(options, server, submission()));
    }
    Figures figures;
    for (int round = 0; round < options.rounds; ++round) {
        {
            const JobsServer server(url, serving);
            HttpLoad load(server.port, options.connections, submission());
            load.run(options.seconds / 4);
            figures.values.push_back(load.run(options.seconds));
        }
        const auto place = bench::make_place(url);
        Child store([&](Channel& channel) {
            bench::submit_to_store(channel, place->url(), options.connections);
        });
        store.channel().receive_line();
        for (const double seconds : {options.seconds / 4, options.seconds}) {
            store.channel().send_line(fmt::format("{}", seconds));
            const double rate = std::stod(store.channel().receive_line());
            if (seconds == options.seconds) figures.limits.push_back(rate);
        }
    }
    print("submit", url, "jobs/s", figures);
}

/// Against a server on Beast alone that only submits a body to the store, with a thread for each
/// client: the cost that the API adds.
void submit_by_hand(const std::string& url, const Options& options) {
    const JobsServer server(url, options.serving);
    const auto response = HttpLoad(server.port, 1, submission()).ask();
    Child by_hand([&](Channel& channel) {
        bench::serve_submits(channel, response, server.place->url(), options.serving,
                             options.connections);
    });
    HttpLoad load(server.port, options.connections, submission());
    HttpLoad limit(static_cast<std::uint16_t>(std::stoul(by_hand.channel().receive_line())),
                   options.connections, submission());
    print("submit_by_hand", url, "jobs/s",
          take_turns(
              options, [&] { return load.run(options.seconds); },
              [&] { return limit.run(options.seconds); }));
}

/// Returns the memory that these streams add to a process, after each has been sent its first event
/// and then `text`.
double growth(const Child& process, std::uint16_t port, const std::vector<std::string>& requests,
              std::string_view text) {
    const auto before = process.resident();
    bench::HttpStreams streams(port);
    for (const auto& request : requests) streams.open(request, "data: ");
    auto after = process.resident();
    if (!text.empty()) streams.wait_for_all(text);
    after = std::max(after, process.resident());
    return static_cast<double>(after - before);
}

void streams(const std::string& url, const Options& options) {
    auto serving = options.serving;
    serving.jobs = options.streams;
    const JobsServer server(url, serving);
    const auto requests = server.requests("/events");
    HttpLoad(server.port, 1, server.requests()).ask(); // a server grows with its first request
    const BareServer bare("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                          "Transfer-Encoding: chunked\r\n\r\nb\r\ndata: {}\n\n\n\r\n",
                          serving);
    Figures figures;
    figures.values.push_back(growth(server.process, server.port, requests, ":\n"));
    figures.limits.push_back(growth(bare.process, bare.port, requests, ""));
    print("streams", url, "KiB", figures);
}

void raise_descriptor_limit() {
    rlimit limit = {};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

struct Measure {
    const char* name;
    void (*run)(const std::string&, const Options&);
};

constexpr std::array<Measure, 5> measures = {{
    {"status", status},
    {"not_modified", not_modified},
    {"submit", submit},
    {"submit_by_hand", submit_by_hand},
    {"streams", streams},
}};

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> urls = {"memory:", "sqlite:asyncjobs-http-bench.db"};
    std::string wanted = "all";
    Options options;
    CLI::App app(
        "Measures the job API over HTTP against a server on Beast alone, in the same run.");
    app.add_option("--store", urls, "Store URLs, as for asyncjobs_bench")->capture_default_str();
    app.add_option("--measure", wanted,
                   "all, or one of status, not_modified, submit, submit_by_hand, streams")
        ->capture_default_str();
    app.add_option("--connections", options.connections, "Concurrent clients")
        ->capture_default_str();
    app.add_option("--streams", options.streams, "Open event streams")->capture_default_str();
    app.add_option("--io-threads", options.serving.io_threads, "I/O threads of each server")
        ->capture_default_str();
    app.add_option("--api-threads", options.serving.api_threads,
                   "Threads of the job API; 0: the I/O threads do its work")
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "Duration of a round")->capture_default_str();
    app.add_option("--rounds", options.rounds, "Rounds, of which the median is printed")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        raise_descriptor_limit();
        bool known = false;
        for (const auto& measure : measures) {
            if (wanted != "all" && wanted != measure.name) continue;
            known = true;
            for (const auto& url : urls) measure.run(url, options);
        }
        if (!known) throw std::runtime_error("unknown measure " + wanted);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
