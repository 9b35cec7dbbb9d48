#include <asyncjobs/asio.hpp>
#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <atomic>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// Timers on an io_context that never runs them, as while a handler blocks it.
struct BlockedTimers {
    boost::asio::io_context io;
    std::shared_ptr<Runtime> runtime = make_runtime(io.get_executor());
    MemoryJobStore store;
    Client client{store, runtime};

    /// Whether repeated calls of `point` finally interrupt the handler.
    bool interrupts(const std::function<void(ProgressReporter&, int)>& point,
                    HandlerOptions of_handler = {}, Duration lease_for = 24h) {
        constexpr auto far_too_long = 60s;
        std::atomic<bool> interrupted = false;
        const auto ended = runtime->make_event();
        Executor executor(store, runtime, {.lease_for = lease_for});
        executor.handle(
            "work",
            [&](const JsonText&, ProgressReporter& progress) {
                const auto give_up = runtime->now() + far_too_long;
                try {
                    for (int i = 0; runtime->now() < give_up; ++i) point(progress, i);
                } catch (const Interrupted&) {
                    interrupted = true;
                }
                ended->set();
                return JsonText();
            },
            std::move(of_handler));
        client.submit({.type = "work"});
        executor.start();
        ended->wait(runtime->now() + 2 * far_too_long);
        return interrupted;
    }
};

TEST_CASE_FIXTURE(BlockedTimers, "check() notices the end of the lease without timers") {
    CHECK(interrupts([](ProgressReporter& progress, int) { progress.check(); }, {}, 100ms));
}

TEST_CASE_FIXTURE(BlockedTimers, "report() notices the end of the lease without timers") {
    CHECK(
        interrupts([](ProgressReporter& progress, int i) { progress.report(i % 100); }, {}, 100ms));
}

TEST_CASE_FIXTURE(BlockedTimers, "check() notices the attempt's timeout without timers") {
    CHECK(interrupts([](ProgressReporter& progress, int) { progress.check(); }, {.timeout = 50ms}));
}

} // namespace
