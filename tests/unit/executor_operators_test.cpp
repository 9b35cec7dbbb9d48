#include "simulated_world.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace {

/// An executor that operators watch.
struct OperatedWorld : World {
    std::optional<Executor> executor;

    ExecutorOptions watched() {
        auto some = options();
        some.worker = "w";
        some.version = "1.2.3";
        return some;
    }

    /// Serves `work`, of which each job takes `length`.
    void serve(Duration length) {
        executor.emplace(store, process, watched());
        executor->handle_async("work", taking(length));
        executor->start();
        pass(at_once);
    }

    OperatorStore& operators() { return *memory.operators(); }

    WorkerRecord record() { return operators().workers("", 10).workers.at(0); }

    void order(const WorkerOrder& order) {
        REQUIRE(operators().order(executor->worker(), order, 1min));
        REQUIRE(until([&] { return !record().pending; }, 2 * executor_period));
    }

    std::vector<Tally> history() {
        return operators().history({.until = simulation.wall_clock() + 1h}).tallies;
    }

    void pass(Duration time) {
        until([] { return false; }, time);
    }

    static constexpr Duration executor_period = 5s;
};

TEST_CASE_FIXTURE(OperatedWorld, "an executor reports what it is and what it does") {
    serve(1h);
    submit();
    pass(2 * executor_period);
    const auto report = record().report;
    CHECK(report.worker == executor->worker());
    CHECK_FALSE(report.host.empty());
    CHECK(report.process != 0);
    CHECK(report.version == "1.2.3");
    CHECK(simulation.wall_clock() - report.started_at < 3 * executor_period);
    CHECK(report.state == WorkerState::running);
    CHECK(report.concurrency == 2);
    CHECK(report.running == 1);
    CHECK(report.queues == std::vector<std::string>{"default"});
    CHECK(report.types == std::vector<std::string>{"work"});
}

TEST_CASE_FIXTURE(OperatedWorld, "a worker whose process has died is dead within 20 s") {
    serve(1s);
    CHECK_FALSE(is_dead(record(), simulation.wall_clock()));
    process->crash();
    pass(20s);
    CHECK(is_dead(record(), simulation.wall_clock()));
}

TEST_CASE_FIXTURE(OperatedWorld, "a stopped executor is reported as stopped, and never dead") {
    serve(1s);
    executor->stop();
    CHECK(record().report.state == WorkerState::stopped);
    pass(1h);
    CHECK_FALSE(is_dead(record(), simulation.wall_clock()));
}

TEST_CASE_FIXTURE(OperatedWorld, "an executor that waits for its jobs is reported as stopping") {
    serve(15s);
    submit();
    pass(1s);
    WorkerState seen = WorkerState::running;
    process->after(10s, [&] { seen = record().report.state; });
    executor->stop(1min);
    CHECK(seen == WorkerState::stopping);
}

TEST_CASE_FIXTURE(OperatedWorld, "a quiet executor claims nothing, and its jobs run on") {
    serve(20s);
    const auto running = submit();
    pass(1s);
    order({.quiet = true});
    CHECK(record().report.state == WorkerState::quiet);
    const auto waiting = submit();
    CHECK(finishes(running));
    pass(2h);
    CHECK(status(waiting) == JobStatus::pending);

    order({.quiet = false});
    CHECK(record().report.state == WorkerState::running);
    CHECK(finishes(waiting, 21s));
}

TEST_CASE_FIXTURE(OperatedWorld, "a quiet executor stops as any other") {
    serve(1s);
    order({.quiet = true});
    const auto began = now();
    executor->stop();
    CHECK(now() - began < at_once);
    CHECK(record().report.state == WorkerState::stopped);
}

TEST_CASE_FIXTURE(OperatedWorld, "an ordered concurrency takes effect") {
    serve(1h);
    for (int i = 0; i < 6; ++i) submit();
    order({.concurrency = 5});
    pass(2 * executor_period);
    CHECK(record().report.concurrency == 5);
    CHECK(record().report.running == 5);
}

TEST_CASE_FIXTURE(OperatedWorld, "an obeyed order is logged once, with what changed") {
    serve(1s);
    order({.quiet = true, .concurrency = 5});
    pass(1min);
    REQUIRE(log.size() == 1);
    CHECK(log.front().level == LogEntry::Level::info);
    CHECK(log.front().message ==
          "operator's order obeyed: no job is claimed, up to 5 jobs run at once");
}

TEST_CASE_FIXTURE(OperatedWorld, "ended attempts are counted by how they ended") {
    std::map<JobId, int> runs;
    executor.emplace(store, process, watched());
    executor->handle("fine", doing_nothing());
    executor->handle("bad", [&](const JsonText&, JobContext& context) -> JsonText {
        if (++runs[context.id()] == 1) throw JobFailure("E1", "once more");
        throw JobFailure("E2", "for good").permanent();
    });
    executor->handle("slow", [&](const JsonText&, JobContext& context) -> JsonText {
        if (++runs[context.id()] == 1) throw Snooze{1s};
        return {};
    });
    executor->start();
    for (const auto* type : {"fine", "fine", "bad", "slow"})
        submit({.type = type, .max_attempts = 5});
    pass(30s);

    std::map<std::string, std::uint64_t> counts;
    for (const Tally& tally : history()) {
        CHECK(tally.key.queue == "default");
        counts[tally.key.type + " " + std::string(to_string(tally.key.outcome)) +
               tally.key.error_code] += tally.count;
    }
    CHECK(counts == std::map<std::string, std::uint64_t>{{"fine completed", 2},
                                                         {"bad retriedE1", 1},
                                                         {"bad failedE2", 1},
                                                         {"slow released", 1},
                                                         {"slow completed", 1}});
}

TEST_CASE_FIXTURE(OperatedWorld, "a tally has the times of waiting and running") {
    serve(3s);
    submit({.type = "work", .delay = 10s});
    for (int i = 0; i < 2; ++i) submit();
    pass(1min);
    TimeHistogram waited, ran;
    for (const Tally& tally : history()) {
        waited.add(tally.waited);
        ran.add(tally.ran);
    }
    CHECK(ran.sum == 3 * 3s);
    CHECK(waited.sum < 1s);
}

TEST_CASE_FIXTURE(OperatedWorld, "an attempt whose worker is lost is counted by its rescuer") {
    serve(1h);
    submit();
    pass(1s);
    process->crash();
    executor.reset();
    process = std::make_shared<testing::SimulatedRuntime>(simulation);
    auto other = watched();
    other.queues = {"another"};
    executor.emplace(store, process, other);
    executor->start();
    pass(1min);
    const auto tallies = history();
    REQUIRE(tallies.size() == 1);
    CHECK(tallies[0].key.outcome == TallyOutcome::rescued);
    CHECK(tallies[0].key.type == "work");
    CHECK(tallies[0].key.queue == "default");
    CHECK(tallies[0].count == 1);
    CHECK(tallies[0].waited == TimeHistogram{});
    CHECK(tallies[0].ran == TimeHistogram{});
}

TEST_CASE_FIXTURE(OperatedWorld, "a stop of an executor that an outage keeps from reporting ends") {
    serve(1s);
    plan = [](std::string_view member) {
        return member == "operators.heartbeat" ? Fault::unavailable : Fault::none;
    };
    const auto began = now();
    executor->stop();
    CHECK(now() - began == ExecutorOptions{}.record_within);
    CHECK(log.empty());
}

TEST_CASE_FIXTURE(OperatedWorld, "executors purge what operators no longer need") {
    int purges = 0;
    plan = [&](std::string_view member) {
        purges += member == "operators.purge" ? 1 : 0;
        return Fault::none;
    };
    serve(1s);
    pass(10min);
    CHECK(purges >= 9);
}

/// A store without operators().
class PlainStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;
    OperatorStore* operators() noexcept override { return nullptr; }
};

TEST_CASE_FIXTURE(OperatedWorld, "an executor works on a store without operators") {
    PlainStore plain(memory);
    {
        Executor alone(plain, process, watched());
        alone.handle_async("work", taking(1s));
        alone.start();
        CHECK(finishes(submit()));
        pass(10min);
    }
    CHECK(log.empty());
    CHECK(operators().workers("", 10).workers.empty());
}

} // namespace
