#include "simulated_world.hpp"
#include "thrown.hpp"

#include <algorithm>

namespace {

/// Counts the jobs that run at once, each of which takes a while.
struct ChangingWorld : World {
    Executor executor{store, process, options()};
    std::vector<std::string> started; ///< queues, in the order of their jobs' starts
    int under_way = 0, most = 0;

    void serve(Duration length) {
        executor.handle_async(
            "work", [=, this](const JsonText&, JobContext& context, const Completion& done) {
                started.push_back(context.job().queue);
                most = std::max(most, ++under_way);
                process->after(length, [this, done] {
                    --under_way;
                    done({}, {});
                });
            });
        executor.start();
    }

    std::vector<JobId> submit(int jobs, const std::string& queue = "default") {
        std::vector<JobId> ids;
        for (int i = 0; i < jobs; ++i)
            ids.push_back(World::submit({.type = "work", .queue = queue}));
        return ids;
    }
};

TEST_CASE_FIXTURE(ChangingWorld, "more concurrency takes effect at once") {
    serve(10s);
    submit(10);
    CHECK(until([&] { return under_way == 2; }, at_once));
    executor.set_concurrency(7);
    CHECK(until([&] { return under_way == 7; }, 2 * at_once));
    until([] { return false; }, 1s);
    CHECK(most == 7);
}

TEST_CASE_FIXTURE(ChangingWorld, "less concurrency takes effect as running jobs end") {
    serve(10s);
    executor.set_concurrency(5);
    const auto ids = submit(12);
    CHECK(until([&] { return under_way == 5; }, 2 * at_once));
    executor.set_concurrency(1);
    until([] { return false; }, 9s);
    CHECK(under_way == 5);
    until([] { return false; }, 2s);
    CHECK(under_way == 1);
    most = 1;
    for (const auto& id : ids) CHECK(finishes(id, 5min));
    CHECK(most == 1);
}

TEST_CASE_FIXTURE(ChangingWorld, "added queues are served at once, and removed ones no more") {
    serve(1s);
    const auto other = submit(1, "other").front();
    until([] { return false; }, 1s);
    CHECK(status(other) == JobStatus::pending);
    executor.set_queues({"other"});
    CHECK(finishes(other, 1s + 2 * at_once));
    const auto unserved = submit(1).front();
    until([] { return false; }, 1min);
    CHECK(status(unserved) == JobStatus::pending);
    const auto hinted = submit(1, "other").front();
    CHECK(finishes(hinted, 1s + 2 * at_once));
}

TEST_CASE_FIXTURE(ChangingWorld, "queues without weights are served in their order") {
    executor.set_queues({"first", "second"});
    submit(5, "second");
    submit(5, "first");
    serve(1s);
    CHECK(until([&] { return started.size() == 10; }));
    CHECK(std::ranges::is_sorted(started));
}

TEST_CASE_FIXTURE(ChangingWorld, "a heavier queue is served more often, and none starves") {
    executor.set_queues({{"heavy", 9}, {"light", 1}});
    submit(1000, "heavy");
    submit(1000, "light");
    serve(1s);
    CHECK(until([&] { return started.size() == 500; }, 1h));
    const auto light = std::ranges::count(started, "light");
    CHECK(light > 0);
    CHECK(light < 250);
}

TEST_CASE_FIXTURE(ChangingWorld, "bad changes are refused like options and change nothing") {
    serve(1s);
    CHECK(has(refusal(Errc::invalid_argument, [&] { executor.set_concurrency(10'001); }),
              "concurrency is 10001, but must be from 1 to 10000"));
    CHECK(
        has(refusal(Errc::invalid_argument, [&] { executor.set_queues({}); }), "queues is empty"));
    CHECK(has(refusal(Errc::invalid_argument, [&] { executor.set_queues({"a b"}); }),
              "queues holds \"a b\""));
    submit(5);
    until([] { return false; }, 500ms);
    CHECK(most == 2);
}

} // namespace
