// A host on Pistache, which mounts the job API into it.
//
//   example_20_pistache --listen 127.0.0.1:8080
//   curl localhost:8080/hello
//   curl -i localhost:8080/v1/word-counts -H 'Authorization: Bearer ann'
//       -H 'Content-Type: application/json' -d '{"text": "to be or not to be"}'
//
// Limits of Pistache 0.0.5: it keeps one of several headers or query parameters with the same name,
// and responds in plain text, without calling the host, to unknown methods and unreadable requests.

#include "pistache_mount.hpp"

#include "word_counts.hpp"

#include <asyncjobs/asyncjobs.hpp>

#include <pistache/endpoint.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace {

using namespace std::chrono_literals;
namespace pistache = Pistache::Http;

class Handler : public pistache::Handler {
public:
    HTTP_PROTOTYPE(Handler)

    Handler(PistacheMount& mount, asyncjobs::http::JobApi& api) : mount_(&mount), api_(&api) {}

    void onRequest(const pistache::Request& request, pistache::ResponseWriter response) override {
        if (api_->serves(request.resource()))
            mount_->handle(*api_, request, response.peer());
        else if (request.resource() == "/hello")
            response.send(pistache::Code::Ok, "hello\n");
        else
            response.send(pistache::Code::Not_Found, "no such page\n");
    }

private:
    PistacheMount* mount_;
    asyncjobs::http::JobApi* api_;
};

/// Blocks the signals in this thread and the threads that it starts, and returns them for
/// sigwait().
sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

void run(const HostOptions& options) {
    const auto signals = block_stop_signals();
    PistacheMount mount;
    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client(store);
    asyncjobs::Executor executor(store);
    executor.handle<WordCount>(count_words);
    asyncjobs::http::JobApi api(client, api_options());
    add_routes(api, options.manual);

    pistache::Endpoint endpoint({options.address, Pistache::Port(options.port)});
    endpoint.init(pistache::Endpoint::options()
                      .threads(2)
                      .maxRequestSize(1024 * 1024) // 4 KiB by default
                      .keepaliveTimeout(1h)        // ends streams and requests that wait, too
                      .flags(Pistache::Tcp::Options::ReuseAddr));
    endpoint.setHandler(std::make_shared<Handler>(mount, api));

    executor.start();
    endpoint.serveThreaded();
    std::cout << "listening on http://" << options.address << ':' << endpoint.getPort()
              << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);

    api.drain();
    for (int i = 0; i < 500 && !mount.idle(); ++i) std::this_thread::sleep_for(10ms);
    endpoint.shutdown();
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
