// One worker process of the test: worker_program URL NAME [CRASH_LIMIT]. Writes a line to its
// standard output when a handler starts, when it returns, and for each entry of the executor's log;
// each line is one write, so that many workers can share a pipe and a kill leaves no partial line.

#include "step.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;

void print_line(const std::string& line) {
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
}

/// Ignores why its wait ended: after a pause longer than its lease it still returns a result, as a
/// handler might.
class Walker {
public:
    explicit Walker(std::string worker) : worker_(std::move(worker)) {}

    StepTaken operator()(const Step& step, asyncjobs::JobContext& context) const {
        const auto& job = context.job();
        const auto id = job.lease.id.text();
        const auto fence = job.lease.fence;
        print_line(
            fmt::format("start {} {} {} {} {}\n", worker_, id, fence, job.attempt, step.wait_ms));
        if (step.kills) ::raise(SIGKILL);
        context.report(50, fmt::format("fence {}", fence));
        if (step.wait_ms > 0) {
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any().wait_for(lock, context.stop_token(),
                                                   std::chrono::milliseconds(step.wait_ms),
                                                   [] { return false; });
        }
        print_line(fmt::format("end {} {} {}\n", worker_, id, fence));
        if (step.fails_first && job.attempt == 1)
            throw asyncjobs::JobFailure("first_try", fmt::format("fence {}", fence))
                .retry_after(1ms);
        return {fence};
    }

private:
    std::string worker_;
};

void work(const std::string& url, const std::string& name, int crash_limit) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const auto store = asyncjobs::open_store(url);
    asyncjobs::Executor executor(*store,
                                 {.concurrency = 4,
                                  .worker = name,
                                  .lease_for = 1s,
                                  .poll_every = 100ms,
                                  .report_every = 50ms,
                                  .rescue_every = 100ms,
                                  .crash_limit = crash_limit,
                                  .log = [&](const asyncjobs::LogEntry& entry) {
                                      print_line(fmt::format("log {} {}\n", name, entry.message));
                                  }});
    executor.handle<Step>(Walker(name));
    executor.start();
    int signal = 0;
    sigwait(&signals, &signal);
    executor.stop(5s);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    try {
        work(argv[1], argv[2], argc > 3 ? std::stoi(argv[3]) : 1000);
    } catch (const std::exception& error) {
        print_line(fmt::format("log {} {}\n", argv[2], error.what()));
        return 1;
    }
}
