#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// Far longer than any operation here: only a failing test waits that long.
constexpr Duration long_enough = 1min;

struct WorkingExecutor {
    MemoryJobStore store;
    std::shared_ptr<Runtime> runtime = make_runtime();
    Client client{store, runtime, {.poll_every = 1h}}; // woken by hints only

    ExecutorOptions options() { return {.concurrency = 4, .poll_every = 1h}; }
    JobId submit(std::string type) { return client.submit(NewJob{.type = std::move(type)}).id; }
    JobStatus outcome(const JobId& id) { return client.wait(id, long_enough)->status; }
};

TEST_CASE_FIXTURE(WorkingExecutor, "blocking handlers run at once, a thread each") {
    Executor executor(store, runtime, options());
    std::latch together(4);
    executor.handle("meet", [&](const JsonText&, ProgressReporter&) {
        together.arrive_and_wait();
        return JsonText();
    });
    executor.start();
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(submit("meet"));
    for (const auto& id : ids) CHECK(outcome(id) == JobStatus::completed);
}

TEST_CASE_FIXTURE(WorkingExecutor, "thousands of jobs of several submitters are each run once") {
    std::atomic<int> runs = 0;
    Executor executor(store, runtime, options()), other(store, runtime, options());
    for (auto* one : {&executor, &other}) {
        one->handle("count", [&](const JsonText&, ProgressReporter& progress) {
            progress.report(50, "counting");
            ++runs;
            return JsonText();
        });
        one->start();
    }
    std::vector<std::jthread> submitters;
    std::atomic<int> completed = 0;
    for (int t = 0; t < 4; ++t)
        submitters.emplace_back([&] {
            std::vector<JobId> ids;
            for (int i = 0; i < 250; ++i) ids.push_back(submit("count"));
            for (const auto& id : ids) completed += outcome(id) == JobStatus::completed ? 1 : 0;
        });
    submitters.clear();
    CHECK(completed == 1000);
    CHECK(runs == 1000);
}

TEST_CASE_FIXTURE(WorkingExecutor, "middleware and events cover each job over all threads") {
    std::atomic<int> ended = 0, left = 0;
    std::map<JobEvent::Kind, int> counts;
    {
        EventStream events(runtime, [&](std::span<const JobEvent> batch, std::size_t lost) {
            for (const auto& event : batch) ++counts[event.kind];
            CHECK(lost == 0);
        });
        Client publisher(store, runtime, {.poll_every = 1h, .events = &events});
        const auto elsewhere = runtime->make_lane(2);
        auto with_events = options();
        with_events.events = &events;
        Executor executor(store, runtime, with_events);
        executor.use([&](ProgressReporter&) -> AttemptHooks {
            return {.result = [](const JsonText&) { return JsonText::parse("[1]"); },
                    .end = [&](const std::exception_ptr& error) { ended += error ? 0 : 1; },
                    .scope = std::shared_ptr<void>(nullptr, [&](std::nullptr_t) { ++left; })};
        });
        executor.handle("blocking", [](const JsonText& input, ProgressReporter&) { return input; });
        executor.handle_async("asynchronous",
                              [&](const JsonText&, ProgressReporter&, Completion done) {
                                  elsewhere->post([done = std::move(done)] { done(nullptr, {}); });
                              });
        executor.start();
        std::vector<JobId> ids;
        for (int i = 0; i < 500; ++i)
            ids.push_back(publisher.submit(NewJob{.type = i % 2 ? "blocking" : "asynchronous"}).id);
        for (const auto& id : ids) {
            CHECK(outcome(id) == JobStatus::completed);
            CHECK(client.find(id)->result->text() == "[1]");
        }
    }
    CHECK(ended == 500);
    CHECK(left == 500);
    for (const auto kind :
         {JobEvent::Kind::submitted, JobEvent::Kind::started, JobEvent::Kind::completed})
        CHECK(counts[kind] == 500);
}

TEST_CASE_FIXTURE(WorkingExecutor, "handlers that never return take no slot from others") {
    auto single = options();
    single.concurrency = 1;
    single.report_every = 1ms;
    single.timeout_grace = 0s;
    std::latch leave(1);
    Executor executor(store, runtime, single);
    executor.handle("stubborn", [&](const JsonText&, ProgressReporter&) {
        leave.wait();
        return JsonText();
    });
    std::atomic<int> under_way = 0, most = 0;
    executor.handle("work", [&](const JsonText&, ProgressReporter&) {
        most = std::max<int>(most, ++under_way);
        std::this_thread::yield();
        --under_way;
        return JsonText();
    });
    executor.start();
    const auto work_off = [&](int jobs) {
        std::vector<JobId> ids;
        for (int i = 0; i < jobs; ++i) ids.push_back(submit("work"));
        for (const auto& id : ids) CHECK(outcome(id) == JobStatus::completed);
    };
    for (int i = 0; i < 3; ++i) {
        const NewJob stubborn{.type = "stubborn", .max_attempts = 1, .timeout = 1us};
        CHECK(outcome(client.submit(stubborn).id) == JobStatus::failed);
        work_off(1);
    }
    leave.count_down();
    work_off(50);
    CHECK(most == 1);
}

TEST_CASE_FIXTURE(WorkingExecutor, "a cancel wakes a handler that waits with its stop token") {
    Executor executor(store, runtime, options());
    std::latch waiting(1);
    executor.handle("sleeper", [&](const JsonText&, ProgressReporter& progress) {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        waiting.count_down();
        never.wait(lock, progress.stop_token(), [] { return false; });
        progress.check();
        return JsonText();
    });
    executor.start();
    const auto id = submit("sleeper");
    waiting.wait();
    CHECK(client.cancel(id) == CancelOutcome::requested);
    CHECK(outcome(id) == JobStatus::cancelled);
}

TEST_CASE_FIXTURE(WorkingExecutor,
                  "a destroyed executor waits for its handlers and releases the rest") {
    std::latch running(1);
    std::atomic<bool> left = false;
    auto single = options();
    single.concurrency = 1;
    JobId first, second;
    {
        Executor executor(store, runtime, single);
        executor.handle("obedient", [&](const JsonText&, ProgressReporter& progress) -> JsonText {
            running.count_down();
            std::mutex mutex;
            std::condition_variable_any never;
            std::unique_lock lock(mutex);
            never.wait(lock, progress.stop_token(), [] { return false; });
            left = true;
            throw Interrupted{};
        });
        executor.start();
        first = submit("obedient");
        running.wait();
        second = submit("obedient");
    }
    CHECK(left);
    for (const auto& id : {first, second}) {
        CHECK(client.find(id)->status == JobStatus::pending);
        CHECK(client.find(id)->attempt == 0);
    }
}

TEST_CASE_FIXTURE(WorkingExecutor,
                  "a completion may come from any thread, even after the executor's destruction") {
    std::vector<std::jthread> threads;
    std::mutex mutex;
    std::latch late(1);
    JobId id;
    {
        Executor executor(store, runtime, options());
        executor.handle_async("elsewhere", [&](const JsonText&, ProgressReporter&,
                                               Completion done) {
            const std::lock_guard lock(mutex);
            threads.emplace_back([done = std::move(done)] { done(nullptr, JsonText::parse("1")); });
        });
        std::latch began(1);
        executor.handle_async("late", [&](const JsonText&, ProgressReporter&, Completion done) {
            const std::lock_guard lock(mutex);
            threads.emplace_back([&late, done = std::move(done)] {
                late.wait();
                done(nullptr, JsonText::parse("1"));
            });
            began.count_down();
        });
        executor.start();
        CHECK(outcome(submit("elsewhere")) == JobStatus::completed);
        id = submit("late");
        began.wait();
        executor.stop({}, {});
    }
    late.count_down();
    threads.clear();
    CHECK(client.find(id)->status == JobStatus::pending);
}

TEST_CASE_FIXTURE(WorkingExecutor, "the shortest of concurrent stops decides") {
    Executor executor(store, runtime, options());
    std::latch running(1);
    executor.handle("obedient", [&](const JsonText&, ProgressReporter& progress) -> JsonText {
        running.count_down();
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait(lock, progress.stop_token(), [] { return false; });
        throw Interrupted{};
    });
    executor.start();
    const auto id = submit("obedient");
    running.wait();
    std::vector<std::jthread> stoppers;
    for (const auto grace : {24h, 0h, 24h})
        stoppers.emplace_back([&executor, grace] { executor.stop(grace, 24h); });
    stoppers.clear();
    CHECK(client.find(id)->status == JobStatus::pending);
    CHECK(client.find(id)->attempt == 0);
}

TEST_CASE_FIXTURE(WorkingExecutor, "a second asynchronous stop ends the wait of the first") {
    Executor executor(store, runtime, options());
    std::latch runs(1);
    executor.handle("stubborn", [&](const JsonText&, ProgressReporter& progress) -> JsonText {
        runs.count_down();
        while (!progress.stop_token().stop_requested()) std::this_thread::yield();
        throw Interrupted{};
    });
    executor.start();
    const auto id = submit("stubborn");
    runs.wait();
    std::latch both(2);
    executor.stop_async(10min, 10min, [&] { both.count_down(); });
    executor.stop_async(0s, 0s, [&] { both.count_down(); });
    both.wait();
    CHECK(client.find(id)->status == JobStatus::pending);
    CHECK(client.find(id)->attempt == 0);
}

TEST_CASE_FIXTURE(WorkingExecutor, "start, stop and hints may come from different threads") {
    for (int i = 0; i < 50; ++i) {
        Executor executor(store, runtime, options());
        executor.handle("work", [](const JsonText&, ProgressReporter&) { return JsonText(); });
        std::latch together(3);
        std::jthread starter([&] {
            together.arrive_and_wait();
            try {
                executor.start();
            } catch (const Error& error) {
                if (error.code() != Errc::conflict) std::abort();
            }
        });
        std::jthread stopper([&] {
            together.arrive_and_wait();
            executor.stop();
        });
        together.arrive_and_wait();
        submit("work");
    }
    CHECK(store.list({.status = JobStatus::processing}).jobs.empty());
}

} // namespace
