#include "simulated_world.hpp"

namespace {

struct SleepWorld : World {
    int runs = 0;

    /// Short leases, and sweeps by which an executor could rescue its own jobs.
    ExecutorOptions sweeping() {
        auto sweeping = options();
        sweeping.lease_for = 30s;
        sweeping.rescue_every = 1s;
        return sweeping;
    }

    AsyncHandlerFunction counting(Duration length) {
        return [this, length](const JsonText&, ProgressReporter&, Completion done) {
            ++runs;
            process->after(length, [done = std::move(done)] { done({}, JsonText()); });
        };
    }
};

TEST_CASE_FIXTURE(SleepWorld, "a machine's sleep of three leases fails no job") {
    Executor executor(store, process, sweeping());
    executor.handle_async("work", counting(1min));
    executor.start();
    const auto id = submit();
    CHECK(until([&] { return runs == 1; }));
    for (int i = 0; i < 3; ++i) {
        until([] { return false; }, 7s);
        process->suspend(1h);
        until([] { return false; }, 1h);
    }
    CHECK(finishes(id, 5min));
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).crashes == 0);
    CHECK(runs == 1);
}

TEST_CASE_FIXTURE(SleepWorld, "a store failure after a sleep charges no crash to a running job") {
    bool has_woken = false;
    int failed = 0;
    auto busy = sweeping();
    busy.concurrency = 1; // no claim discovers the failing store
    Executor executor(store, process, busy);
    executor.handle_async("work", counting(2h));
    executor.start();
    const auto id = submit();
    CHECK(until([&] { return runs == 1; }));
    until([] { return false; }, 7s);
    process->suspend(1h);
    plan = [&](std::string_view member) {
        if (member != "renew" || failed == 3) return Fault::none;
        has_woken = true;
        ++failed;
        return Fault::unavailable;
    };
    CHECK(until([&] { return has_woken; }, 2h));
    until([] { return false; }, 1min);
    CHECK(failed == 3);
    CHECK(find(id).crashes == 0);
    CHECK(find(id).fence == 1);
}

TEST_CASE_FIXTURE(SleepWorld, "executors that slept together rescue no jobs from each other") {
    const auto neighbour = std::make_shared<testing::SimulatedRuntime>(simulation);
    Executor executor(store, process, sweeping()), other(store, neighbour, sweeping());
    executor.handle_async("work", counting(1min));
    other.handle_async("work", counting(1min));
    executor.start();
    other.start();
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(submit());
    CHECK(until([&] { return runs == 4; }));
    for (int i = 0; i < 3; ++i) {
        until([] { return false; }, 7s);
        process->suspend(1h);
        neighbour->suspend(1h);
        until([] { return false; }, 1h);
    }
    for (const auto& id : ids) {
        CHECK(finishes(id, 5min));
        CHECK(find(id).crashes == 0);
    }
    CHECK(runs == 4);
}

TEST_CASE_FIXTURE(SleepWorld, "a suspended process charges no crash to its own jobs") {
    Executor executor(store, process, sweeping());
    executor.handle_async("work", counting(1min));
    executor.start();
    const auto id = submit();
    CHECK(until([&] { return runs == 1; }));
    process->pause(1h);
    CHECK(finishes(id, 2h));
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).crashes == 0);
}

TEST_CASE_FIXTURE(SleepWorld, "after an outage longer than a lease no holder is taken for lost") {
    const auto neighbour = std::make_shared<testing::SimulatedRuntime>(simulation);
    auto polling = sweeping();
    polling.poll_every = 1s;
    Executor executor(store, process, polling), other(store, neighbour, polling);
    executor.handle_async("work", counting(1s));
    other.handle_async("work", counting(1s));
    executor.start();
    other.start();
    for (const Fault fault : {Fault::unavailable, Fault::failure}) {
        runs = 0;
        std::vector<JobId> ids;
        for (int i = 0; i < 4; ++i) ids.push_back(submit());
        CHECK(until([&] { return runs == 4; }));
        plan = [fault](std::string_view) { return fault; };
        until([] { return false; }, 10min);
        plan = {};
        for (const auto& id : ids) {
            CHECK(finishes(id, 1min));
            CHECK(status(id) == JobStatus::completed);
            CHECK(find(id).crashes == 0);
        }
        CHECK(runs == 4);
    }
}

TEST_CASE_FIXTURE(SleepWorld, "a dead worker's job is rescued within a lease and a sweep") {
    const auto dying = std::make_shared<testing::SimulatedRuntime>(simulation);
    Executor executor(store, process, sweeping());
    auto first = std::make_unique<Executor>(store, dying, sweeping());
    first->handle_async("work", [&](const JsonText&, ProgressReporter&, const Completion& done) {
        dying->after(24h, [done] { done({}, JsonText()); });
    });
    first->start();
    const auto id = submit();
    CHECK(until([&] { return status(id) == JobStatus::processing; }));
    until([] { return false; }, 10s);
    dying->crash();
    executor.handle_async("work", counting(1s));
    executor.start();
    CHECK(finishes(id, 30s + 1100ms + 1s + at_once));
    CHECK(find(id).crashes == 1);
}

} // namespace
