#include "databases/sqlite_file.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace asyncjobs;
using namespace soci_test;
using namespace std::chrono_literals;
using Notices = std::vector<ClockNotice>;

constexpr Timestamp some_noon{std::chrono::days{20'000} + 12h};

TEST_CASE("a clock that was set back before a SQLite file is opened delays no job") {
    for (const Duration by : {Duration{2h}, Duration{std::chrono::days{30}}}) {
        const SqliteFile file;
        Timestamp now = some_noon;
        const StoreOptions options{.clock = [&] { return now; }};
        {
            const auto store = open_store(file.url(), options);
            store->submit(std::vector{new_job(1), new_job(2)});
            CHECK(claim(*store, 1).size() == 1);
        }
        now -= by;
        const auto store = open_store(file.url(), options);
        CHECK(store->take_clock_notices() == Notices{{ClockNotice::Kind::set_back, by}});
        CHECK(claim(*store, 10).size() == 1);
        now += 30s;
        CHECK(store->rescue(10, 3).size() == 2);
        store->rescue(10, 3);
        CHECK(store->take_clock_notices().empty());
    }
}

TEST_CASE("thousands of jobs are moved back, whatever their ids are") {
    const SqliteFile file;
    Timestamp now = some_noon;
    const auto store = open_store(file.url(), {.clock = [&] { return now; }});
    std::vector<NewJob> jobs;
    for (std::uint64_t i = 0; i < 2'500; ++i) {
        auto job = new_job(i);
        job.id = JobId::make(Timestamp{std::chrono::days{i % 7 * 5'000}}, i, 1);
        jobs.push_back(std::move(job));
    }
    store->submit(jobs);
    now -= 2h;
    CHECK(claim(*store, 3'000).size() == 2'500);
}

/// Two processes on one file, whose clocks are an hour apart.
struct TwoClocks {
    SqliteFile file;
    testing::Simulation simulation{1};
    std::unique_ptr<JobStore> slow =
        open_store(file.url(), {.clock = [this] { return simulation.wall_clock() - 1h; }});
    std::unique_ptr<JobStore> fast =
        open_store(file.url(), {.clock = [this] { return simulation.wall_clock(); }});
    std::vector<std::string> log;

    struct Process {
        std::shared_ptr<testing::SimulatedRuntime> runtime;
        std::unique_ptr<Executor> executor;
    };
    Process start(JobStore& store, const std::string& queue) {
        Process process{.runtime = std::make_shared<testing::SimulatedRuntime>(simulation),
                        .executor = {}};
        ExecutorOptions options{.queues = {ServedQueue(queue)}, .concurrency = 2};
        options.log = [this](const LogEntry& entry) { log.push_back(entry.message); };
        process.executor = std::make_unique<Executor>(store, process.runtime, options);
        process.executor->handle_async(
            "noop",
            [runtime = process.runtime](const JsonText&, ProgressReporter&, Completion done) {
                runtime->after(20min, [done = std::move(done)] { done({}, JsonText()); });
            });
        process.executor->start();
        return process;
    }
    bool has_finished(const JobId& id) {
        return simulation.run_until([&] { return is_finished(find(*slow, id)->status); },
                                    simulation.now() + 2h);
    }
    std::size_t logged(std::string_view part) const {
        std::size_t count = 0;
        for (const auto& message : log) count += message.find(part) != std::string::npos ? 1 : 0;
        return count;
    }
};

TEST_CASE_FIXTURE(TwoClocks,
                  "of executors whose clocks are an hour apart, each completes its jobs") {
    auto of_slow = new_job(1), of_fast = new_job(2);
    of_slow.queue = "slow";
    of_fast.queue = "fast";
    submit(*slow, of_slow);
    submit(*fast, of_fast);
    const auto slow_process = start(*slow, "slow"), fast_process = start(*fast, "fast");
    for (const auto& id : {of_slow.id, of_fast.id}) {
        CHECK(has_finished(id));
        CHECK(find(*slow, id)->status == JobStatus::completed);
        CHECK(find(*slow, id)->attempt == 1);
        // The fast one may have swept before it noticed.
        CHECK(find(*slow, id)->crashes <= 1);
    }
    CHECK(logged("s ahead") == 1);
    CHECK(logged("s behind") == 1);
}

TEST_CASE_FIXTURE(TwoClocks, "leases and retention end by the slower of two clocks") {
    slow->rescue(10, 3);
    auto kept = new_job(1);
    kept.retention = 30min;
    submit(*slow, kept);
    submit(*slow, new_job(2));
    const auto claimed = claim(*slow, 2);
    REQUIRE(claimed.size() == 2);
    const auto completed = Settlement::completed(claimed[0].lease, {});
    CHECK(slow->settle({&completed, 1})[0].accepted);
    CHECK(fast->rescue(10, 3).empty());
    CHECK(fast->purge(10) == 0);
    const auto notices = fast->take_clock_notices();
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].kind == ClockNotice::Kind::other_behind);
    simulation.run_until([] { return false; }, simulation.now() + 31min);
    CHECK(fast->rescue(10, 3).size() == 1);
    CHECK(fast->purge(10) == 1);
}

TEST_CASE_FIXTURE(TwoClocks, "a job from a process whose clock is ahead starts after a sweep") {
    const auto id = submit(*fast, new_job(1)).id;
    CHECK(claim(*slow, 1).empty());
    slow->rescue(10, 3);
    const auto claimed = claim(*slow, 1);
    REQUIRE(claimed.size() == 1);
    CHECK(claimed[0].lease.id == id);
    const auto notices = slow->take_clock_notices();
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].kind == ClockNotice::Kind::other_ahead);
}

} // namespace
