#include "simulated_world.hpp"
#include "thrown.hpp"

#include <stdexcept>

namespace {

TEST_CASE_FIXTURE(World, "a submitted job runs at once, and its result is stored") {
    Executor executor(store, process, options());
    executor.handle("work", [](const JsonText& input, ProgressReporter&) { return input; });
    executor.start();
    until([] { return false; }, 1s);
    const auto id = submit({.type = "work", .input = JsonText::parse("[1]")});
    CHECK(finishes(id, at_once));
    const auto job = find(id);
    CHECK(job.status == JobStatus::completed);
    CHECK(job.result->text() == "[1]");
    CHECK(job.progress.percent == 100);
    CHECK(job.attempt == 1);
    CHECK(job.worker == executor.worker());
}

TEST_CASE_FIXTURE(World, "a job without a hint is found by the next poll") {
    auto often = options();
    often.poll_every = 1s;
    Executor executor(store, process, often);
    executor.handle("work", doing_nothing());
    executor.start();
    until([] { return false; }, 100ms);
    const NewJob job{.id = JobId::make({}, 1, 1), .type = "work"};
    memory.submit({&job, 1});
    CHECK_FALSE(finishes(job.id, 500ms));
    CHECK(finishes(job.id, 700ms));
}

TEST_CASE_FIXTURE(World, "a scheduled job starts at its time, without a poll") {
    Executor executor(store, process, options());
    executor.handle("work", doing_nothing());
    executor.start();
    const auto id = submit({.type = "work", .delay = 10min});
    CHECK_FALSE(finishes(id, 10min - 1ms));
    CHECK(finishes(id, at_once));
}

TEST_CASE_FIXTURE(World, "a settlement does not delay the next due job") {
    auto single = options();
    single.concurrency = 1;
    Executor executor(store, process, single);
    executor.handle_async("work", taking(5min));
    executor.handle("tick", doing_nothing());
    executor.start();
    submit();
    const auto scheduled = submit({.type = "tick", .delay = 10min});
    CHECK_FALSE(finishes(scheduled, 10min - 1ms));
    CHECK(finishes(scheduled, at_once));
}

TEST_CASE_FIXTURE(World, "failed attempts are retried after the backoff up to max_attempts") {
    std::vector<SteadyTime> starts;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) -> JsonText {
        starts.push_back(now());
        throw JobFailure("E1", "attempt " + std::to_string(context.attempt()));
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 4});
    CHECK(finishes(id));
    REQUIRE(starts.size() == 4);
    for (const auto& [i, wait] : {std::pair{1u, 1s}, std::pair{2u, 2s}, std::pair{3u, 4s}}) {
        CHECK(starts[i] - starts[i - 1] >= wait);
        CHECK(starts[i] - starts[i - 1] < wait + at_once);
    }
    CHECK(status(id) == JobStatus::failed);
    CHECK(find(id).error == JobError{"E1", "attempt 4", {}});
    CHECK(find(id).attempt == 4);
}

TEST_CASE_FIXTURE(World, "a handler's own retry policy replaces the executor's") {
    std::vector<SteadyTime> starts;
    Executor executor(store, process, options());
    executor.handle("work",
                    [&](const JsonText&, ProgressReporter&) -> JsonText {
                        starts.push_back(now());
                        throw JobFailure("E1");
                    },
                    {.retry = Backoff{.first = 30s, .jitter = 0.0}});
    executor.start();
    CHECK(finishes(submit({.type = "work", .max_attempts = 2})));
    REQUIRE(starts.size() == 2);
    CHECK(starts[1] - starts[0] >= 30s);
    CHECK(starts[1] - starts[0] < 30s + at_once);
}

TEST_CASE_FIXTURE(World, "a snoozed job runs again later without a charged attempt") {
    std::vector<SteadyTime> starts;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, ProgressReporter&) -> JsonText {
        starts.push_back(now());
        if (starts.size() < 3) throw Snooze{10min};
        return {};
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 1});
    CHECK(finishes(id, 1h));
    REQUIRE(starts.size() == 3);
    CHECK(starts[1] - starts[0] >= 10min);
    CHECK(starts[2] - starts[1] < 10min + at_once);
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).attempt == 1);
    CHECK_FALSE(find(id).error);
}

TEST_CASE_FIXTURE(World, "a handler is asked to stop at its timeout, and its attempt fails") {
    SteadyTime started, stopped;
    Executor executor(store, process, options());
    executor.handle_async("work",
                          [&](const JsonText&, ProgressReporter& progress, const Completion& done) {
                              started = now();
                              const auto obey = [&, done] {
                                  stopped = now();
                                  done(std::make_exception_ptr(Interrupted{}), {});
                              };
                              using Callback = std::stop_callback<std::function<void()>>;
                              const auto callback = std::make_shared<std::unique_ptr<Callback>>();
                              *callback =
                                  std::make_unique<Callback>(progress.stop_token(), [this, obey] {
                                      process->after(Duration{0}, obey);
                                  });
                              process->after(1h, [callback] {});
                          },
                          {.timeout = 1h});
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 1, .timeout = 2s});
    CHECK(finishes(id));
    CHECK(stopped - started >= 2s);
    CHECK(stopped - started < 2s + 300ms); // the next beat
    CHECK(status(id) == JobStatus::failed);
    CHECK(find(id).error->code == "timeout");
    until([] { return false; }, 2h);
}

TEST_CASE_FIXTURE(World, "a handler that ignores its stop token loses its slot after the grace") {
    auto single = options();
    single.concurrency = 1;
    single.timeout_grace = 3s;
    Executor executor(store, process, single);
    executor.handle_async("stubborn", taking(20s), {.timeout = 1s});
    executor.handle("work", doing_nothing());
    executor.start();
    const auto began = now();
    const auto id = submit({.type = "stubborn", .max_attempts = 1});
    const auto next = submit();
    CHECK(finishes(id));
    CHECK(now() - began >= 4s);
    CHECK(now() - began < 4s + 300ms);
    CHECK(find(id).error->code == "timeout");
    CHECK(logged("ignores its stop token") == 1);
    CHECK(finishes(next, at_once));

    // The late result changes nothing.
    const auto given_up = find(id).revision;
    until([] { return false; }, 1min);
    CHECK(find(id).revision == given_up);
    CHECK(logged("after its lease was lost") == 0); // the store is not even called
    CHECK(find(id).result == std::nullopt);
}

TEST_CASE_FIXTURE(World, "a slot of an abandoned handler is not freed twice") {
    auto single = options();
    single.concurrency = 1;
    single.timeout_grace = 0s;
    Executor executor(store, process, single);
    executor.handle_async("stubborn", taking(10s), {.timeout = 1s});
    int under_way = 0, most = 0;
    executor.handle_async("work", [&](const JsonText&, ProgressReporter&, const Completion& done) {
        most = std::max(most, ++under_way);
        process->after(7s, [&, done] {
            --under_way;
            done({}, {});
        });
    });
    executor.start();
    submit({.type = "stubborn", .max_attempts = 1});
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(submit());
    for (const auto& id : ids) CHECK(finishes(id));
    CHECK(most == 1);
}

TEST_CASE_FIXTURE(World, "the lease of a long job is renewed for as long as it runs") {
    auto brief = options();
    brief.lease_for = 1s;
    brief.rescue_every = 50ms;
    Executor executor(store, process, brief);
    executor.handle_async("work", taking(30s));
    executor.start();
    const auto id = submit();
    CHECK(finishes(id));
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).crashes == 0);
    CHECK(find(id).fence == 1);
}

TEST_CASE_FIXTURE(World, "a worker that can't renew stops its handler before the lease ends") {
    auto brief = options();
    brief.lease_for = 8s;
    Executor executor(store, process, brief);
    SteadyTime started;
    std::stop_token stop;
    executor.handle_async("work",
                          [&](const JsonText&, ProgressReporter& progress, const Completion& done) {
                              started = now();
                              stop = progress.stop_token();
                              plan = [](std::string_view) { return Fault::unavailable; };
                              process->after(1min, [done] { done({}, {}); });
                          });
    executor.start();
    submit();
    CHECK(until([&] { return stop.stop_requested(); }));
    CHECK(now() - started < 8s);
    CHECK(now() - started > 4s);
    until([] { return false; }, 2min);
}

TEST_CASE_FIXTURE(World, "progress is stored a few times a second at any report rate") {
    Executor executor(store, process, options());
    std::function<void(ProgressReporter&, Completion, int)> report;
    report = [&](ProgressReporter& progress, const Completion& done, int step) {
        if (step == 1000) return done({}, {});
        progress.report(step / 20, "step " + std::to_string(step));
        process->after(2ms, [&, done, step] { report(progress, done, step + 1); });
    };
    executor.handle_async("work", [&](const JsonText&, ProgressReporter& progress,
                                      const Completion& done) { report(progress, done, 0); });
    executor.start();
    const auto id = submit();
    CHECK(finishes(id));
    CHECK(store.sent.size() >= 6); // 2 s, every 250 ms
    CHECK(store.sent.size() <= 9);
    CHECK(std::ranges::is_sorted(store.sent));
    CHECK(find(id).progress == Progress{100, "step 999"}); // the settlement carried the last
}

TEST_CASE_FIXTURE(World, "a cancel request reaches the handler at once") {
    auto rare = options();
    rare.lease_for = 24h;
    rare.report_every = 1min;
    Executor executor(store, process, rare);
    std::stop_token stop;
    Completion done;
    executor.handle_async("work",
                          [&](const JsonText&, ProgressReporter& progress, Completion completion) {
                              stop = progress.stop_token();
                              done = std::move(completion);
                          });
    executor.start();
    const auto id = submit();
    CHECK(until([&] { return stop.stop_possible(); }));
    CHECK(client.cancel(id) == CancelOutcome::requested);
    CHECK(until([&] { return stop.stop_requested(); }, at_once));
    done(std::make_exception_ptr(Interrupted{}), {});
    CHECK(finishes(id, at_once));
    CHECK(status(id) == JobStatus::cancelled);
}

TEST_CASE_FIXTURE(World, "a job of an unknown type waits for a worker with its handler") {
    Executor executor(store, process, options());
    executor.start();
    const auto id = submit({.type = "new"});
    submit({.type = "new"});
    until([] { return false; }, 1s);
    CHECK(status(id) == JobStatus::pending);
    CHECK(find(id).attempt == 0);
    CHECK(logged("no handler for type new") == 1);

    auto often = options();
    often.poll_every = 1s;
    Executor newer(store, process, often);
    newer.handle("new", doing_nothing());
    newer.start();
    CHECK(finishes(id, 10min));
    CHECK(status(id) == JobStatus::completed);
}

TEST_CASE_FIXTURE(World,
                  "a job that kills its workers is quarantined, and its neighbour continues") {
    const auto id = submit({.type = "deadly"});
    const auto neighbour = submit();
    int crashes = 0;
    auto brief = options();
    brief.lease_for = 1s;
    brief.rescue_every = 500ms;
    for (int i = 0; i < 10 && status(id) != JobStatus::failed; ++i) {
        const auto mortal = std::make_shared<testing::SimulatedRuntime>(simulation);
        Executor executor(store, mortal, brief);
        executor.handle("deadly", [&](const JsonText&, ProgressReporter&) -> JsonText {
            ++crashes;
            mortal->crash();
            throw Interrupted{};
        });
        executor.handle("work", doing_nothing());
        executor.start();
        until([&] { return mortal->is_crashed() || status(id) == JobStatus::failed; });
    }
    CHECK(crashes == 3);
    CHECK(find(neighbour).crashes < 3);
    CHECK(status(id) == JobStatus::failed);
    CHECK(find(id).error->code == "worker_lost");
    CHECK(find(id).attempt == 0);
    CHECK(status(neighbour) == JobStatus::completed);
}

TEST_CASE_FIXTURE(World, "jobs claimed ahead are released if no thread becomes free") {
    auto single = options();
    single.concurrency = 1;
    Executor executor(store, process, single);
    executor.handle("short", doing_nothing());
    executor.handle_async("long", taking(1min));
    executor.start();
    CHECK(finishes(submit({.type = "short"}))); // the length of short jobs is known now
    submit({.type = "long"});
    std::vector<JobId> behind;
    for (int i = 0; i < 5; ++i) behind.push_back(submit({.type = "short"}));
    CHECK(until([&] { return status(behind.back()) == JobStatus::processing; }, 1s));
    CHECK(until([&] { return status(behind.back()) == JobStatus::pending; }, 1s));

    Executor other(store, process, single);
    other.handle("short", doing_nothing());
    other.start();
    for (const auto& id : behind) {
        CHECK(finishes(id, 1s));
        CHECK(find(id).attempt == 1);
    }
}

TEST_CASE_FIXTURE(World, "executors that share a queue run each job once") {
    std::map<std::string, int> runs;
    std::map<JobId, int> runs_of;
    const auto start = [&](const std::string& name) {
        auto executor = std::make_unique<Executor>(store, process, options());
        executor->handle_async(
            "work", [&, name](const JsonText&, JobContext& context, const Completion& done) {
                ++runs[name];
                ++runs_of[context.id()];
                process->after(100ms, [done] { done({}, {}); });
            });
        executor->start();
        return executor;
    };
    const auto first = start("first"), second = start("second");
    std::vector<JobId> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(submit());
    for (const auto& id : ids) CHECK(finishes(id));
    CHECK(runs["first"] + runs["second"] == 20);
    CHECK(runs["first"] > 0);
    CHECK(runs["second"] > 0);
    for (const auto& id : ids) CHECK(runs_of[id] == 1);
}

TEST_CASE_FIXTURE(World, "an exception's text is logged and hidden behind internal_error") {
    Executor executor(store, process, options());
    executor.handle("work", [](const JsonText&, ProgressReporter&) -> JsonText {
        throw std::runtime_error("no such table");
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 1});
    CHECK(finishes(id));
    CHECK(find(id).error->code == "internal_error");
    REQUIRE(logged("the handler of work threw: no such table") == 1);
    CHECK(log.front().level == LogEntry::Level::error);
    CHECK(log.front().job == id);
}

TEST_CASE_FIXTURE(World, "an asynchronous handler that throws or drops its completion fails") {
    Executor executor(store, process, options());
    executor.handle_async("throws", [](const JsonText&, ProgressReporter&, const Completion&) {
        throw JobFailure("E1").permanent();
    });
    executor.handle_async("drops", [](const JsonText&, ProgressReporter&, const Completion&) {});
    executor.start();
    const auto throws = submit({.type = "throws"});
    const auto drops = submit({.type = "drops", .max_attempts = 1});
    CHECK(finishes(throws, at_once));
    CHECK(find(throws).error->code == "E1");
    CHECK(finishes(drops, at_once));
    CHECK(find(drops).error->code == "internal_error");
    CHECK(logged("dropped its completion") == 1);
}

TEST_CASE_FIXTURE(World, "a completion counts once and frees its slot") {
    auto single = options();
    single.concurrency = 1;
    single.prefetch_limit = 0;
    Executor executor(store, process, single);
    int under_way = 0, most = 0;
    executor.handle_async("work", [&](const JsonText&, ProgressReporter&, const Completion& done) {
        most = std::max(most, ++under_way);
        process->after(10ms, [&, done] {
            --under_way;
            done({}, JsonText::parse("1"));
            done({}, JsonText::parse("2"));
        });
    });
    executor.start();
    std::vector<JobId> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(submit());
    for (const auto& id : ids) {
        CHECK(finishes(id));
        CHECK(find(id).result->text() == "1");
    }
    CHECK(most == 1);
}

TEST_CASE_FIXTURE(World,
                  "an asynchronous run that ends after its executor's destruction has no effect") {
    Completion done;
    {
        Executor executor(store, process, options());
        executor.handle_async("work", [&](const JsonText&, ProgressReporter&,
                                          Completion completion) { done = std::move(completion); });
        executor.start();
        submit();
        CHECK(until([&] { return done != nullptr; }));
    }
    const auto job = memory.list({}).jobs.front();
    CHECK(job.status == JobStatus::pending); // released
    CHECK(job.attempt == 0);
    done({}, JsonText());
    until([] { return false; }, 1s);
    CHECK(find(job.id).revision == job.revision);
}

} // namespace
