#include "simulated_world.hpp"

namespace {

/// One running job of type `work`, which obeys its stop token or not.
struct StoppingWorld : World {
    Executor executor{store, process, options()};
    JobId id;
    bool asked_to_stop = false;

    void run(Duration length, bool obedient) {
        executor.handle_async(
            "work", [=, this](const JsonText&, ProgressReporter& progress, const Completion& done) {
                continue_run(now() + length, obedient, progress.stop_token(), done);
            });
        executor.start();
        id = submit();
        CHECK(until([&] { return status(id) == JobStatus::processing; }));
        until([] { return false; }, 100ms);
    }

    void continue_run(SteadyTime end, bool obedient, const std::stop_token& stop,
                      const Completion& done) {
        asked_to_stop |= stop.stop_requested();
        if (obedient && stop.stop_requested())
            return done(std::make_exception_ptr(Interrupted{}), {});
        if (now() >= end) return done({}, JsonText());
        process->after(10ms, [=, this] { continue_run(end, obedient, stop, done); });
    }
};

TEST_CASE_FIXTURE(StoppingWorld, "a stop lets running jobs finish within the grace") {
    run(5s, true);
    const auto began = now();
    executor.stop(1min);
    CHECK(status(id) == JobStatus::completed);
    CHECK(now() - began < 5s + at_once);
    CHECK_FALSE(asked_to_stop);
}

TEST_CASE_FIXTURE(StoppingWorld, "a stop accepts the longest grace") {
    run(5s, true);
    executor.stop(Duration::max(), Duration::max());
    CHECK(status(id) == JobStatus::completed);
}

TEST_CASE_FIXTURE(StoppingWorld, "jobs running after the grace are asked to stop and released") {
    run(1h, true);
    const auto began = now();
    executor.stop(3s);
    CHECK(now() - began >= 3s);
    CHECK(now() - began < 3s + 2 * at_once);
    CHECK(asked_to_stop);
    CHECK(status(id) == JobStatus::pending);
    CHECK(find(id).attempt == 0);
    CHECK(find(id).crashes == 0);
}

TEST_CASE_FIXTURE(StoppingWorld, "a job that does not stop is released all the same") {
    run(1h, false);
    const auto began = now();
    executor.stop(3s, 2s);
    CHECK(now() - began >= 5s);
    CHECK(now() - began < 5s + 2 * at_once);
    CHECK(asked_to_stop);
    CHECK(status(id) == JobStatus::pending);
    CHECK(find(id).attempt == 0);
    const auto revision = find(id).revision;
    until([] { return false; }, 2h);
    CHECK(find(id).revision == revision);
}

TEST_CASE_FIXTURE(StoppingWorld, "another executor runs released jobs at once") {
    run(1h, true);
    Executor other(store, process, options());
    other.handle("work", doing_nothing());
    other.start();
    executor.stop();
    CHECK(finishes(id, 2 * at_once));
    CHECK(find(id).worker == other.worker());
}

TEST_CASE_FIXTURE(World, "jobs claimed ahead keep their place at a stop") {
    std::vector<JobId> ids;
    for (int i = 0; i < 100; ++i) ids.push_back(submit());
    Executor executor(store, process, options());
    executor.handle_async("work", taking(1ms));
    executor.start();
    CHECK(until([&] { return status(ids[20]) == JobStatus::completed; }));
    const auto claimed_ahead = memory.workload("default", "work").processing;
    executor.stop();
    std::vector<JobId> left;
    for (const auto& id : ids)
        if (status(id) == JobStatus::pending) left.push_back(id);
    CHECK(claimed_ahead > 10);
    CHECK(left.size() > 10);
    const std::vector<std::string> queues = {"default"};
    std::vector<JobId> next;
    for (const auto& job :
         memory.claim({.worker = "other", .queues = queues, .limit = 100}).claimed)
        next.push_back(job.lease.id);
    CHECK(next == left);
}

TEST_CASE_FIXTURE(StoppingWorld, "a stopping executor claims no more") {
    run(5s, true);
    JobId late;
    process->after(1s, [&] { late = submit(); });
    executor.stop(1min);
    until([] { return false; }, 1h);
    CHECK(status(id) == JobStatus::completed);
    CHECK(status(late) == JobStatus::pending);
    CHECK(find(late).fence == 0);
}

TEST_CASE_FIXTURE(StoppingWorld, "a stop ends in bounded time during an outage") {
    run(1s, true);
    plan = [](std::string_view) { return Fault::unavailable; };
    const auto began = now();
    executor.stop(2s, 3s);
    CHECK(now() - began <= 10s);
}

TEST_CASE_FIXTURE(StoppingWorld, "a second stop ends the wait of the first") {
    run(1h, true);
    const auto began = now();
    process->after(1s, [&] { executor.stop(); });
    executor.stop(30min);
    CHECK(now() - began >= 1s);
    CHECK(now() - began < 1s + 2 * at_once);
    CHECK(asked_to_stop);
    CHECK(status(id) == JobStatus::pending);
    CHECK(find(id).attempt == 0);
}

TEST_CASE_FIXTURE(StoppingWorld,
                  "a stop without grace releases at once the jobs that another stop waits for") {
    run(1h, false);
    const auto began = now();
    process->after(1s, [&] { executor.stop({}, {}); });
    executor.stop(1s, 30min);
    CHECK(now() - began < 1s + 2 * at_once);
    CHECK(status(id) == JobStatus::pending);
}

TEST_CASE_FIXTURE(StoppingWorld, "both stops end during an outage") {
    run(1s, true);
    plan = [](std::string_view) { return Fault::unavailable; };
    const auto began = now();
    process->after(1s, [&] { executor.stop({}, {}); });
    executor.stop(30min);
    CHECK(now() - began <= 10s);
}

TEST_CASE_FIXTURE(StoppingWorld, "later stops do nothing") {
    run(1h, true);
    executor.stop();
    const auto stopped = now();
    executor.stop(1min, 1min);
    CHECK(now() == stopped);
}

TEST_CASE_FIXTURE(World, "an idle executor stops at once, started or not") {
    Executor idle(store, process, options()), never_started(store, process, options());
    idle.start();
    until([] { return false; }, 1s);
    const auto began = now();
    idle.stop(1min);
    never_started.stop(1min);
    CHECK(now() - began < at_once);
}

TEST_CASE_FIXTURE(World, "an idle executor stops within seconds after a failed claim") {
    for (const Fault fault : {Fault::unavailable, Fault::reply_lost}) {
        const auto id = submit();
        bool has_failed = false;
        plan = [&](std::string_view member) {
            if (member != "exchange" || std::exchange(has_failed, true)) return Fault::none;
            return fault;
        };
        Executor executor(store, process, options());
        executor.handle("work", doing_nothing());
        executor.start();
        REQUIRE(until([&] { return has_failed; }));
        const auto began = now();
        executor.stop(25s);
        CHECK(now() - began < 3s);
        CHECK(status(id) == JobStatus::pending); // a claim with unknown outcome is released
        CHECK(find(id).attempt == 0);
        memory.cancel(id, {});
    }
}

TEST_CASE_FIXTURE(StoppingWorld, "a stop ends when the time to record has passed") {
    run(1h, false);
    plan = [](std::string_view) { return Fault::unavailable; };
    const auto began = now();
    executor.stop(1s, 2s, 4s);
    CHECK(now() - began >= 7s);
    CHECK(now() - began < 7s + at_once);
}

TEST_CASE_FIXTURE(World, "a handler can't stop its own executor") {
    Executor executor(store, process, options());
    std::string reason;
    executor.handle("work", [&](const JsonText&, ProgressReporter&) {
        try {
            executor.stop();
        } catch (const Error& error) {
            CHECK(error.code() == Errc::conflict);
            reason = error.message();
        }
        return JsonText();
    });
    executor.start();
    CHECK(finishes(submit()));
    CHECK(reason == "a handler can't stop the executor that runs it");
    executor.stop();
}

TEST_CASE_FIXTURE(StoppingWorld, "an asynchronous stop returns at once and calls back at the end") {
    run(5s, true);
    bool is_done = false;
    executor.stop_async(1min, 5s, [&] { is_done = true; });
    CHECK_FALSE(is_done);
    CHECK(until([&] { return is_done; }));
    CHECK(status(id) == JobStatus::completed);
}

} // namespace
