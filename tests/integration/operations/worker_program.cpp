// A process of the test: worker_program STORE. Runs bulk actions until it is killed.

#include <asyncjobs/executor.hpp>
#include <asyncjobs/operations/bulk.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <csignal>

using namespace std::chrono_literals;

int main(int, char** argv) {
    const auto store = asyncjobs::open_store(argv[1]);
    asyncjobs::Client client(*store);
    asyncjobs::Executor executor(
        *store, {.queues = {"operators"}, .lease_for = 1s, .poll_every = 50ms, .crash_limit = 100});
    asyncjobs::operations::run_bulk_actions_on(executor, client, *store);
    executor.start();
    sigset_t signals;
    sigfillset(&signals);
    int signal = 0;
    sigwait(&signals, &signal);
}
