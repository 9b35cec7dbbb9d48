#include "simulated_world.hpp"

namespace {

/// A world whose store's clock is set back.
struct SetBackWorld : World {
    Duration back = {};
    MemoryJobStore late{[this] { return simulation.wall_clock() - back; }};
    Client late_client{late, process};

    ExecutorOptions polling() {
        auto polling = options();
        polling.poll_every = 1s;
        return polling;
    }
    bool completes(const JobId& id, Duration within) {
        return until(
            [&] {
                return late.find({&id, 1})[0]->status == JobStatus::completed;
            },
            within);
    }
};

TEST_CASE_FIXTURE(SetBackWorld,
                  "an executor continues at once when the store's clock is set back") {
    int failures = 1;
    Executor executor(late, process, polling());
    executor.handle("work", [&](const JsonText&, ProgressReporter&) {
        if (failures-- > 0) throw JobFailure("E1", "not yet");
        return JsonText();
    });
    executor.start();
    for (const auto by : {Duration{2h}, Duration{std::chrono::days{30}}}) {
        failures = 1;
        const auto retried = late_client.submit({.type = "work"}).id;
        CHECK(until([&] { return failures == 0; }));
        const auto due = late_client.submit({.type = "work", .delay = 500ms}).id;
        back += by;
        CHECK(completes(due, 3s));
        CHECK(completes(retried, 3s));
    }
}

TEST_CASE_FIXTURE(SetBackWorld, "a set-back of the store's clock is logged once") {
    auto often = polling();
    often.poll_every = 100ms; // the step is measured from the latest call
    Executor executor(late, process, often), other(late, process, often);
    executor.start();
    other.start();
    until([] { return false; });
    CHECK(log.empty());
    for (const auto times : {std::size_t{1}, std::size_t{2}}) {
        back += 2h;
        until([] { return false; });
        CHECK(logged("the job store's clock was set back by 7200 s") == times);
        CHECK(log.size() == times);
    }
}

TEST_CASE_FIXTURE(SetBackWorld, "a handler keeps its lease when the store's clock is set back") {
    Executor executor(late, process, polling()), other(late, process, polling());
    executor.handle_async("work", taking(5min));
    executor.start();
    const auto id = late_client.submit({.type = "work"}).id;
    until([] { return false; });
    other.start();
    back += 2h;
    CHECK(completes(id, 10min));
    CHECK(late.find({&id, 1})[0]->crashes == 0);
}

} // namespace
