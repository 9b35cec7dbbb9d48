#include "simulated_world.hpp"

#include <asyncjobs/asio.hpp>
#include <asyncjobs/coroutine.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <fstream>
#include <thread>

namespace {

/// An executor of ten slots and two threads. Code that a test runs while both are busy runs on the
/// second one, because time passes for the others, too.
struct MixedWorld : World {
    Executor executor{store, process, few_threads()};
    std::function<void()> meanwhile;
    int busy = 0;
    bool released = false;

    MixedWorld() {
        executor.handle("blocking", [this](const JsonText&, ProgressReporter&) {
            ++busy;
            if (busy == 2) {
                meanwhile();
                released = true;
            }
            until([this] { return released; }, 1h);
            return JsonText();
        });
    }

    ExecutorOptions few_threads() {
        auto few = options();
        few.queues = {"default", "other"};
        few.concurrency = 10;
        few.threads = 2;
        few.poll_every = 2s;
        return few;
    }

    std::vector<JobId> submit(int jobs, const NewJob& job) {
        std::vector<JobId> ids;
        for (int i = 0; i < jobs; ++i) ids.push_back(World::submit(job));
        return ids;
    }

    long count(const std::vector<JobId>& ids, JobStatus wanted) {
        return std::ranges::count_if(ids, [&](const JobId& id) { return status(id) == wanted; });
    }
    bool all(const std::vector<JobId>& ids, JobStatus wanted) {
        return count(ids, wanted) == static_cast<long>(ids.size());
    }

    /// Runs `jobs` jobs, with `during` while two of them occupy the threads.
    void run_blocking(int jobs, std::function<void()> during) {
        meanwhile = std::move(during);
        executor.start();
        const auto ids = submit(jobs, {.type = "blocking"});
        CHECK(until([&] { return all(ids, JobStatus::completed); }, 1h));
    }
};

TEST_CASE_FIXTURE(MixedWorld, "an executor claims no more jobs than its threads can run") {
    run_blocking(5, [&] {
        until([] { return false; }, 1min);
        CHECK(busy == 2);
        CHECK(memory.list({.status = JobStatus::processing}).jobs.size() == 2);
        for (const auto& job : memory.list({}).jobs) CHECK(job.fence <= 1);
    });
}

TEST_CASE_FIXTURE(MixedWorld, "asynchronous handlers start while every thread is busy") {
    executor.handle_async("async", taking(5s));
    run_blocking(2, [&] {
        const auto ids = submit(8, {.type = "async"});
        CHECK(until([&] { return all(ids, JobStatus::processing); }, 5 * at_once));
        const auto beyond = World::submit({.type = "async"});
        until([] { return false; }, 1s);
        CHECK(status(beyond) == JobStatus::pending); // there are ten slots
        CHECK(finishes(beyond, 10s));
    });
}

TEST_CASE_FIXTURE(MixedWorld, "a job without a free thread moves to an executor with one") {
    executor.handle_async("async", taking(5s));
    Executor other(store, process, options());
    other.handle("blocking", doing_nothing());
    run_blocking(2, [&] {
        const auto next = World::submit({.type = "blocking"});
        CHECK(until([&] { return status(next) == JobStatus::processing; }, at_once)); // claimed
        other.start();
        CHECK(finishes(next, 2s));
        CHECK(find(next).worker == other.worker());
        CHECK(find(next).attempt == 1);
    });
}

TEST_CASE_FIXTURE(MixedWorld, "jobs that wait for a thread do not delay other queues") {
    executor.handle_async("async", taking(1s));
    run_blocking(20, [&] {
        const auto ids = submit(20, {.type = "async", .queue = "other"});
        CHECK(until([&] { return all(ids, JobStatus::completed); }, 30s));
        CHECK(busy == 2);
    });
}

TEST_CASE_FIXTURE(MixedWorld, "jobs behind one that waits for a thread are tried later") {
    executor.handle_async("async", taking(1s));
    run_blocking(4, [&] {
        until([] { return false; }, 100ms);
        const auto behind = World::submit({.type = "async"});
        CHECK_FALSE(finishes(behind, 500ms));
        CHECK(finishes(behind, 10s));
        CHECK(busy == 2);
    });
}

/// As the system counts them.
long threads_of_this_process() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word)
        if (word == "Threads:") {
            long threads = 0;
            status >> threads;
            return threads;
        }
    return 0;
}

TEST_CASE("thousands of coroutines are suspended at once on one thread") {
    constexpr int jobs = 2500;
    boost::asio::io_context context;
    auto work = boost::asio::make_work_guard(context);
    std::jthread thread([&] { context.run(); });
    boost::asio::steady_timer all_there(context, boost::asio::steady_timer::time_point::max());
    int there = 0;
    long threads = 0;

    MemoryJobStore store;
    const auto runtime = make_runtime(context.get_executor());
    Client client(store, runtime, {.poll_every = 1h});
    {
        Executor executor(store, runtime, {.concurrency = jobs, .poll_every = 1h});
        executor.handle_async(
            "meet",
            coroutine(context.get_executor(), [&](JsonText) -> boost::asio::awaitable<void> {
                if (++there == jobs) {
                    threads = threads_of_this_process();
                    all_there.cancel();
                    co_return;
                }
                boost::system::error_code woken;
                co_await all_there.async_wait(
                    boost::asio::redirect_error(boost::asio::use_awaitable, woken));
            }));
        executor.start();
        const auto submitted =
            client.submit(std::vector<NewJob>(jobs, NewJob{.type = "meet", .max_attempts = 1}));
        for (const auto& [outcome, id, at] : submitted)
            CHECK(client.wait(id, 1min)->status == JobStatus::completed);
    }
    CHECK(there == jobs);
    CHECK(threads > 0);
    CHECK(threads < 20);
    work.reset();
}

} // namespace
