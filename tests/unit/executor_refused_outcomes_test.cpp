#include "simulated_world.hpp"

#include <asyncjobs/detail/refused_outcomes.hpp>

#include <set>

namespace {

/// A store that accepts all writes but some outcomes of jobs.
struct RefusingWorld : World {
    std::vector<JobId> runs = {};

    ExecutorOptions refused_options() {
        auto own = options();
        own.lease_for = 24h; // no test here is repaired by an expiring lease
        own.prefetch_limit = 0;
        return own;
    }

    AsyncHandlerFunction returning(JsonText result) {
        return [this, result = std::move(result)](const JsonText&, JobContext& context,
                                                  const Completion& done) {
            runs.push_back(context.id());
            done(nullptr, result);
        };
    }

    /// Submits jobs whose outcomes the store refuses.
    std::set<JobId> submit_poisoned(int count) {
        std::set<JobId> poisoned;
        for (int i = 0; i < count; ++i) poisoned.insert(submit());
        store.refuses = [poisoned](const Settlement& settlement) {
            return poisoned.contains(settlement.lease().id);
        };
        return poisoned;
    }

    void pass(Duration time) { simulation.run_for(time); }
};

TEST_CASE_FIXTURE(RefusingWorld, "outcomes that the store always refuses take no slots") {
    const auto poisoned = submit_poisoned(7);
    Executor executor(store, process, refused_options());
    executor.handle_async("work", returning({}));
    executor.start();
    pass(1min);
    for (int i = 0; i < 20; ++i) CHECK(finishes(submit(), 1s));
    pass(1h);
    CHECK(finishes(submit(), 1s));
    for (const auto& id : poisoned) CHECK(status(id) == JobStatus::processing);
    CHECK(runs.size() == 28);
    CHECK(logged("job store unavailable: it refuses outcomes of jobs") == 1);
    CHECK(logged("job store recovered") == 0);

    store.refuses = {};
    for (const auto& id : poisoned) {
        CHECK(finishes(id));
        CHECK(status(id) == JobStatus::completed);
        CHECK(find(id).crashes == 0);
    }
    CHECK(runs.size() == 28);
    CHECK(logged("job store unavailable: ") == 1);
    CHECK(logged("job store recovered") == 1);
    CHECK(logged("claiming paused") == 0);
}

TEST_CASE_FIXTURE(RefusingWorld,
                  "an outage is logged while outcomes are refused, which outlast it") {
    const auto poisoned = submit_poisoned(3);
    Executor executor(store, process, refused_options());
    executor.handle_async("work", returning({}));
    executor.start();
    pass(1min);
    CHECK(logged("job store unavailable: it refuses outcomes of jobs") == 1);
    submit();
    plan = [](std::string_view) { return Fault::unavailable; };
    submit();
    pass(1min);
    CHECK(logged("job store unavailable: planned fault: unavailable") == 1);
    plan = {};
    CHECK(until([&] { return logged("job store recovered") == 1; }));
    store.refuses = {};
    for (const auto& id : poisoned) CHECK(finishes(id));
    CHECK(until([&] { return logged("job store recovered") == 2; }));
    CHECK(logged("job store unavailable: ") == 2);
}

TEST_CASE_FIXTURE(RefusingWorld, "claiming pauses while too many refused outcomes are kept") {
    constexpr std::size_t most = detail::RefusedOutcomes::most;
    std::vector<NewJob> jobs(most + 200, NewJob{.type = "work"});
    std::vector<JobId> ids;
    for (const auto& submitted : client.submit(std::move(jobs))) ids.push_back(submitted.id);
    store.refuses = [](const Settlement&) { return true; };
    Executor executor(store, process, refused_options());
    executor.handle_async("work", returning({}));
    executor.start();
    pass(10min);
    CHECK(runs.size() >= most);
    CHECK(runs.size() <= most + 2 * options().concurrency); // already claimed by then
    CHECK(logged("claiming paused") == 1);
    CHECK(logged("claiming resumed") == 0);

    store.refuses = {};
    for (const auto& id : ids) CHECK(finishes(id, 10min));
    CHECK(runs.size() == ids.size());
    CHECK(logged("claiming paused") == 1);
    CHECK(logged("claiming resumed") == 1);
}

TEST_CASE_FIXTURE(RefusingWorld, "claiming pauses while refused outcomes take too much memory") {
    for (int i = 0; i < 20; ++i) submit();
    store.refuses = [](const Settlement&) { return true; };
    Executor executor(store, process, refused_options());
    const auto largest = '"' + std::string(JsonText::max_size - 2, 'x') + '"';
    executor.handle_async("work", returning(JsonText::trusted(largest)));
    executor.start();
    pass(1min);
    constexpr auto enough = detail::RefusedOutcomes::most_bytes / JsonText::max_size + 1;
    CHECK(runs.size() >= enough);
    CHECK(runs.size() <= enough + 2 * options().concurrency);
    CHECK(logged("claiming paused") == 1);
    store.refuses = {};
    CHECK(until([&] { return runs.size() == 20; }));
}

TEST_CASE_FIXTURE(
    RefusingWorld,
    "an outcome refused for a while is retried with growing pauses and recorded unchanged") {
    std::vector<SteadyTime> tries;
    store.refuses = [&](const Settlement& settlement) {
        const bool refuses = !settlement.follow_ups().empty();
        if (refuses) tries.push_back(now());
        return refuses;
    };
    Executor executor(store, process, refused_options());
    executor.handle("work", [](const JsonText&, JobContext& context) {
        context.submit_with_result({.type = "next", .queue = "later"});
        return JsonText::parse("42");
    });
    executor.start();
    const auto id = submit();
    pass(29s);
    CHECK(status(id) == JobStatus::processing);
    REQUIRE(tries.size() > 6);
    CHECK(tries.size() < 30);
    CHECK(tries[3] - tries[2] < 1s);
    CHECK(tries.back() - *(tries.end() - 2) > 1s);
    store.refuses = {};
    CHECK(finishes(id));
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).result->text() == "42");
    CHECK(memory.workload("later", "next").waiting == 1);
    CHECK(logged("job store refuses the outcome of a job") == 0);
}

TEST_CASE_FIXTURE(RefusingWorld,
                  "a result that the store refuses for half a minute, while it takes "
                  "other writes, fails its job") {
    const auto id = submit();
    store.refuses = [](const Settlement& settlement) {
        return settlement.kind() == Settlement::Kind::completed;
    };
    Executor executor(store, process, refused_options());
    executor.handle("work", doing_nothing());
    executor.start();
    pass(20s);
    plan = [](std::string_view) { return Fault::failure; };
    pass(1min); // an outage is no refusal of the result
    plan = {};
    pass(25s);
    CHECK(status(id) == JobStatus::processing);
    CHECK(finishes(id, 15s));
    CHECK(status(id) == JobStatus::failed);
    CHECK(find(id).error->code == "internal_error");
    CHECK(until([&] { return logged("job store refuses the outcome of a job") == 1; }, at_once));
}

TEST_CASE_FIXTURE(RefusingWorld, "a retry with a refused error remains a retry") {
    store.refuses = [](const Settlement& settlement) {
        return settlement.error().message == "poison";
    };
    Executor executor(store, process, refused_options());
    executor.handle("work", [](const JsonText&, JobContext& context) {
        if (context.attempt() == 1) throw JobFailure("E1", "poison");
        return JsonText();
    });
    executor.start();
    const auto id = submit();
    CHECK(finishes(id));
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).attempt == 2);
}

TEST_CASE_FIXTURE(RefusingWorld, "a job whose release is refused does not fail") {
    const auto id = submit({.type = "unknown"});
    store.refuses = [](const Settlement& settlement) {
        return settlement.kind() == Settlement::Kind::released;
    };
    Executor executor(store, process, refused_options());
    executor.handle("work", doing_nothing());
    executor.start();
    pass(5min);
    CHECK(status(id) == JobStatus::processing);
    store.refuses = {};
    CHECK(until([&] { return status(id) == JobStatus::pending; }));
    CHECK(find(id).attempt == 0);
}

TEST_CASE_FIXTURE(RefusingWorld,
                  "a suspect does not wait for another one whose outcome is refused") {
    const auto first = submit();
    const auto second = submit();
    for (int lost = 0; lost < 2; ++lost) {
        const std::vector<std::string> queues = {"default"};
        memory.claim({.worker = "dead", .queues = queues, .limit = 2, .lease_for = 1ms});
        pass(10ms);
        REQUIRE(memory.rescue(2, 3).size() == 2);
    }
    std::optional<JobId> refused;
    store.refuses = [&](const Settlement& settlement) {
        if (!refused && settlement.kind() == Settlement::Kind::completed)
            refused = settlement.lease().id;
        return refused == settlement.lease().id;
    };
    Executor executor(store, process, refused_options());
    executor.handle_async("work", returning({}));
    executor.start();
    CHECK(until([&] { return is_finished(status(first)) || is_finished(status(second)); }));
    CHECK(runs.size() == 2);
}

} // namespace
