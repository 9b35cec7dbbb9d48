// A host with an existing HTTP server on Boost.Beast, which mounts the job API into it by
// asyncjobs::beast::serve().
//
//   example_05_existing_server --listen 127.0.0.1:8080
//   curl localhost:8080/hello
//   curl -i localhost:8080/v1/word-counts -H 'Authorization: Bearer ann'
//       -H 'Content-Type: application/json' -d '{"text": "to be or not to be"}'

#include "web_server.hpp"
#include "word_counts.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/beast/serve.hpp>

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>

namespace {

using namespace std::chrono_literals;

void run(const HostOptions& options) {
    boost::asio::io_context io(1); // outlives the API, whose responses are posted to it
    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client(store);
    asyncjobs::Executor executor(store);
    executor.handle<WordCount>(count_words);
    asyncjobs::http::JobApi api(client, api_options());
    add_routes(api, options.manual);

    web::Server server(io, {boost::asio::ip::make_address(options.address), options.port});
    server.route([](std::string_view target) { return target == "/hello"; },
                 [](auto& stream, web::Request request) {
                     return web::send_text(stream, std::move(request),
                                           boost::beast::http::status::ok, "hello\n");
                 });
    server.route([&api](std::string_view target) { return api.serves(target); },
                 [&api](auto& stream, web::Request request) {
                     return asyncjobs::beast::serve(api, stream, std::move(request));
                 });

    executor.start();
    server.start();
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) { io.stop(); });
    std::cout << "listening on http://" << options.address << ':' << server.port() << std::endl;
    web::run(io);

    api.drain();
    server.stop();
    io.restart();
    io.run_for(5s); // returns as soon as no request is in progress
    executor.stop(1s);
}

} // namespace

int main(int argc, char** argv) {
    try {
        run(read_options(argc, argv));
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
