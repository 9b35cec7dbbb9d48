#include "simulated_world.hpp"

namespace {

TEST_CASE_FIXTURE(World, "a job not started before its deadline fails") {
    const auto late = submit({.type = "work", .start_within = 1min});
    const auto absolute = submit({.type = "work", .deadline = simulation.wall_clock() + 1min});
    until([] { return false; }, 61s);
    int runs = 0;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, ProgressReporter&) {
        ++runs;
        return JsonText();
    });
    executor.start();
    const auto in_time = submit({.type = "work", .start_within = 1min});
    for (const auto& id : {late, absolute}) {
        CHECK(finishes(id));
        CHECK(status(id) == JobStatus::failed);
        CHECK(find(id).error->code == error_code::deadline_passed);
    }
    CHECK(finishes(in_time));
    CHECK(status(in_time) == JobStatus::completed);
    CHECK(runs == 1);
}

TEST_CASE_FIXTURE(World, "a deadline applies to the next attempt, too") {
    Executor executor(store, process, options());
    executor.handle("work", [](const JsonText&, ProgressReporter&) -> JsonText {
        throw JobFailure("E1").retry_after(2min);
    });
    executor.start();
    const auto id = submit({.type = "work", .start_within = 1min});
    CHECK(finishes(id, 5min));
    CHECK(find(id).attempt == 2);
    CHECK(find(id).error->code == error_code::deadline_passed);
}

TEST_CASE_FIXTURE(World, "an attempt that began in time may end after the deadline") {
    Executor executor(store, process, options());
    executor.handle_async("work", taking(5min));
    executor.start();
    const auto id = submit({.type = "work", .start_within = 1min});
    CHECK(finishes(id, 10min));
    CHECK(status(id) == JobStatus::completed);
}

} // namespace
