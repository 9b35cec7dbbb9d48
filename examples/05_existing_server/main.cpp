// A host that has an HTTP server already, and mounts the job API into it.
//
//   example_05_existing_server --listen 127.0.0.1:8080
//   curl localhost:8080/hello
//   curl -i localhost:8080/v1/word-counts -H 'Authorization: Bearer ann'
//       -H 'Content-Type: application/json' -d '{"text": "to be or not to be"}'

#include "mini_server.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/http/job_api.hpp>

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace {

namespace http = asyncjobs::http;
using boost::asio::ip::tcp;

struct WordCount {
    static constexpr std::string_view type = "word_count";
    std::string text = {};
};
BOOST_DESCRIBE_STRUCT(WordCount, (), (text))

asyncjobs::JsonText count_words(const WordCount& in, asyncjobs::ProgressReporter& progress) {
    std::istringstream words(in.text);
    int count = 0;
    for (std::string word; words >> word; ++count) progress.check();
    return asyncjobs::json::serialize(count);
}

/// The host's own login; here, whoever says a name is believed.
std::optional<http::Principal> log_in(const http::Request& request) {
    const std::string* credentials = request.headers.find("Authorization");
    if (!credentials || !credentials->starts_with("Bearer ") || credentials->size() == 7)
        return std::nullopt;
    return http::Principal{.owner = credentials->substr(7)};
}

/// All that mounting takes: the host's request to the API's, and the answer back.
mini::Handler handler_of(http::JobApi& api) {
    return [&api](mini::Request from, std::function<void(mini::Response)> done) {
        http::Request request{.method = std::move(from.method),
                              .target = std::move(from.target),
                              .body = std::move(from.body),
                              .remote_address = std::move(from.peer)};
        for (auto& [name, value] : from.fields)
            request.headers.add(std::move(name), std::move(value));
        api.handle(std::move(request), [done = std::move(done)](http::Response answer) {
            mini::Response response{.status = answer.status};
            for (const auto& [name, value] : answer.headers)
                response.fields.emplace_back(name, value);
            response.body = std::get<std::string>(std::move(answer.body));
            done(std::move(response));
        });
    };
}

void say_hello(mini::Request, const std::function<void(mini::Response)>& done) {
    done({.fields = {{"Content-Type", "text/plain"}, {"Content-Length", "6"}}, .body = "hello\n"});
}

/// `--listen ADDRESS:PORT`; port 0 takes one that is free.
tcp::endpoint endpoint_of(int argc, char** argv) {
    std::string where = "127.0.0.1:8080";
    if (argc == 3 && std::string_view(argv[1]) == "--listen")
        where = argv[2];
    else if (argc != 1)
        throw std::invalid_argument("usage: example_05_existing_server [--listen ADDRESS:PORT]");
    const auto colon = where.rfind(':');
    if (colon == std::string::npos) throw std::invalid_argument("--listen needs ADDRESS:PORT");
    const int port = std::stoi(where.substr(colon + 1));
    if (port < 0 || port > 65535) throw std::invalid_argument("the port is out of range");
    return {boost::asio::ip::make_address(where.substr(0, colon)),
            static_cast<std::uint16_t>(port)};
}

void run(const tcp::endpoint& endpoint) {
    boost::asio::io_context io(1); // outlives the API, whose answers come back through it
    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client(store);
    asyncjobs::Executor executor(store);
    executor.handle<WordCount>(count_words);

    http::JobApi api(client, {.authenticator = log_in});
    api.submit_route<WordCount>("/word-counts", {.required = {"text"}});

    mini::Server server(io, endpoint);
    server.route([](std::string_view target) { return target == "/hello"; }, say_hello);
    server.route([&api](std::string_view target) { return api.serves(target); }, handler_of(api));

    executor.start();
    server.start();
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });
    std::cout << "listening on http://" << endpoint.address() << ':' << server.port() << std::endl;
    io.run();
    executor.stop(std::chrono::seconds{5});
}

} // namespace

int main(int argc, char** argv) {
    try {
        run(endpoint_of(argc, argv));
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
