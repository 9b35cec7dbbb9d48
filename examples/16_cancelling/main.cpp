// Ending jobs early: before they start, while they run, by force, by a timeout, and by a deadline.

#include <asyncjobs/asyncjobs.hpp>

#include <fmt/format.h>

#include <condition_variable>

using namespace std::chrono_literals;

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client(store);
    const auto show = [&](std::string_view what, const asyncjobs::JobId& id) {
        const auto job = client.wait(id, 10s).value();
        fmt::print("{}: {} {}{}\n", what, asyncjobs::to_string(job.status), job.cancel_reason,
                   job.error ? job.error->code : "");
    };

    const auto stale = client.submit({.type = "wait", .deadline = asyncjobs::Timestamp{1s}}).id;
    const auto pending = client.submit(asyncjobs::NewJob{.type = "wait", .delay = 1h}).id;
    client.cancel(pending, {.reason = "ordered twice"});
    show("before it starts", pending);

    asyncjobs::Executor executor(store);
    executor.handle("wait", [](const asyncjobs::JsonText&, asyncjobs::ProgressReporter& progress) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait(lock, progress.stop_token(), [] { return false; });
        progress.check(); // throws, because a stop was requested
        return asyncjobs::JsonText();
    });
    executor.start();
    show("too late", stale);
    const auto start = [&](asyncjobs::Duration timeout) {
        const auto id = client.submit({.type = "wait", .max_attempts = 1, .timeout = timeout}).id;
        while (client.find(id)->status == asyncjobs::JobStatus::pending) std::this_thread::yield();
        return id;
    };
    const auto running = start(0s);
    client.cancel(running, {.reason = "not needed"});
    show("while it runs", running);

    const auto forced = start(0s);
    client.cancel(forced, {.reason = "now", .force = true});
    show("by force", forced);

    show("by a timeout", start(50ms));
}
