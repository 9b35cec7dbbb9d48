// A process of the test: worker_program STORE CA_FILE PORT. Runs jobs of the type `report` and
// deliveries until it is killed.

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <csignal>
#include <string>

using namespace std::chrono_literals;

int main(int, char** argv) {
    const auto store = asyncjobs::open_store(argv[1]);
    asyncjobs::Webhooks webhooks(*store, {.ports = {static_cast<std::uint16_t>(std::stoi(argv[3]))},
                                          .allow_private_addresses = true,
                                          .ca_file = argv[2]});
    asyncjobs::Executor executor(
        *store, {.queues = {"default", "webhooks"}, .lease_for = 1s, .poll_every = 50ms});
    executor.handle("report", [](const asyncjobs::JsonText&, asyncjobs::ProgressReporter&) {
        return asyncjobs::JsonText();
    });
    webhooks.deliver_with(executor);
    executor.start();
    sigset_t signals;
    sigfillset(&signals);
    int signal = 0;
    sigwait(&signals, &signal);
}
