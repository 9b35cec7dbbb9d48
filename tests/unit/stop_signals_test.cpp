#include <asyncjobs/client.hpp>
#include <asyncjobs/stop_signals.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

#include <condition_variable>
#include <csignal>
#include <mutex>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

struct SignalledExecutor {
    StopSignals signals;
    MemoryJobStore store;
    Client client{store};
    Executor executor{store, {.concurrency = 1}};
};

TEST_CASE_FIXTURE(SignalledExecutor, "the first signal lets running jobs finish") {
    executor.handle("work", [](const JsonText&, ProgressReporter& progress) {
        std::raise(SIGTERM);
        progress.check();
        return JsonText();
    });
    const auto id = client.submit(NewJob{.type = "work"}).id;
    executor.start();
    signals.stop(executor, 1h);
    CHECK(client.find(id)->status == JobStatus::completed);
}

TEST_CASE_FIXTURE(SignalledExecutor, "a second signal makes the stop immediate") {
    executor.handle("work", [](const JsonText&, ProgressReporter& progress) -> JsonText {
        for (const int signal : {SIGTERM, SIGINT}) std::raise(signal);
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait(lock, progress.stop_token(), [] { return false; });
        throw Interrupted{};
    });
    const auto id = client.submit(NewJob{.type = "work"}).id;
    executor.start();
    signals.stop(executor, 1h, 1h);
    CHECK(client.find(id)->status == JobStatus::pending);
    CHECK(client.find(id)->attempt == 0);
}

} // namespace
