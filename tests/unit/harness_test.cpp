#include "thrown.hpp"

#include <asyncjobs/testing/harness.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

namespace harness_test {

struct Add {
    static constexpr std::string_view type = "add";
    int a = 0, b = 0;
};
struct Sum {
    int value = 0;
};
BOOST_DESCRIBE_STRUCT(Add, (), (a, b))
BOOST_DESCRIBE_STRUCT(Sum, (), (value))

} // namespace harness_test

namespace {

using namespace asyncjobs;
using namespace std::chrono_literals;
using harness_test::Add;
using harness_test::Sum;
using testing::Harness;

void register_add(Executor& executor) {
    executor.handle<Add>([](const Add& in) {
        if (in.a > 100) throw JobFailure("E1", "too large");
        return Sum{in.a + in.b};
    });
}

/// A handler that fails before its nth attempt.
void register_flaky(Executor& executor, int good, std::vector<Timestamp>& starts,
                    Harness*& harness) {
    executor.handle("flaky",
                    [&starts, &harness, good](const JsonText&, JobContext& context) {
                        starts.push_back(harness->now());
                        if (context.attempt() < good) throw JobFailure("E2", "not yet");
                        return JsonText();
                    },
                    {.retry = RetryPolicy::fixed(10s, 0.0)});
}

TEST_CASE("a job runs on the calling thread and is returned when finished") {
    const auto job = Harness(register_add).run(Add{1, 2});
    REQUIRE(job.status == JobStatus::completed);
    CHECK(json::parse<Sum>(job.result.value()).value == 3);
    CHECK(job.attempt == 1);
}

TEST_CASE("an exception of a handler is in its job") {
    Harness harness(register_add);
    const auto job = harness.run(Add{101, 0}, {.max_attempts = 1});
    CHECK(job.status == JobStatus::failed);
    CHECK(job.error == JobError{"E1", "too large", {}});
    CHECK(
        harness.run(NewJob{.type = "add", .input = JsonText::parse(R"({"a":"x"})")}).error->code ==
        "invalid_input");
}

TEST_CASE("draining takes no time and runs only due jobs") {
    std::vector<Timestamp> starts;
    Harness* self = nullptr;
    Harness harness([&](Executor& executor) { register_flaky(executor, 3, starts, self); });
    self = &harness;
    const auto begin = harness.now();
    const auto job = harness.run(NewJob{.type = "flaky"});
    REQUIRE(job.status == JobStatus::pending);
    CHECK(job.attempt == 1);
    CHECK(job.error == JobError{"E2", "not yet", {}});
    CHECK(job.run_at == begin + 10s);
    CHECK(harness.drain() == 0);
    CHECK(harness.now() == begin);
}

TEST_CASE("jobs that become due while time passes run at their time") {
    std::vector<Timestamp> starts;
    Harness* self = nullptr;
    Harness harness([&](Executor& executor) { register_flaky(executor, 3, starts, self); });
    self = &harness;
    const auto begin = harness.now();
    const auto id = harness.run(NewJob{.type = "flaky"}).id;
    CHECK(harness.advance(10s - 1us) == 0);
    CHECK(harness.advance(1us) == 1);
    CHECK(harness.find(id).attempt == 2);
    CHECK(harness.advance(2h) == 1);
    CHECK(harness.find(id).status == JobStatus::completed);
    CHECK(starts == std::vector<Timestamp>{begin, begin + 10s, begin + 20s});
    CHECK(harness.now() == begin + 10s + 2h);
}

TEST_CASE("a scheduled job waits for its time") {
    Harness harness(register_add);
    const auto id = harness.run(Add{1, 2}, {.delay = 2h}).id;
    CHECK(harness.find(id).status == JobStatus::pending);
    CHECK(harness.advance(1h) == 0);
    CHECK(harness.advance(1h) == 1);
    CHECK(harness.find(id).status == JobStatus::completed);
}

TEST_CASE("submitted jobs are listed in their order, whether or not they have run") {
    Harness harness(register_add);
    std::vector<int> expected(50);
    std::iota(expected.begin(), expected.end(), 0);
    for (const int i : expected) {
        if (i == 25) harness.drain();
        harness.client().submit(Add{i, 0});
        harness.client().submit(NewJob{.type = "other"});
    }
    std::vector<int> listed;
    for (const auto& add : harness.submitted<Add>()) listed.push_back(add.a);
    CHECK(listed == expected);
    const auto all = harness.jobs();
    REQUIRE(all.size() == 100);
    CHECK(all[0].type == "add");
    CHECK(all[1].type == "other");
    CHECK(all[48].status == JobStatus::completed);
    CHECK(all[50].status == JobStatus::pending);
    CHECK(harness.jobs("none").empty());
}

TEST_CASE("follow-up jobs are listed after their origin") {
    Harness harness;
    const auto id = harness.client().submit(Add{1, 0}).id;
    const std::vector<std::string> queues{"default"};
    const auto claimed =
        harness.store().claim({.worker = "w", .queues = queues, .limit = 1}).claimed;
    REQUIRE(claimed.size() == 1);
    std::vector<NewJob> follow_ups;
    for (const auto i : {9u, 5u, 7u})
        follow_ups.push_back({.id = JobId::make(harness.now(), 0, i), .type = std::to_string(i)});
    const auto settlement =
        Settlement::completed(claimed[0].lease, {}).with_follow_ups(std::move(follow_ups));
    harness.store().settle({&settlement, 1});
    std::vector<std::string> types;
    for (const auto& job : harness.jobs()) types.push_back(job.type);
    CHECK(types == std::vector<std::string>{"add", "9", "5", "7"});
    CHECK(harness.jobs().front().id == id);
}

TEST_CASE("a handler may take time, and then times out") {
    Harness* self = nullptr;
    Harness harness([&](Executor& executor) {
        executor.handle("slow", [&](const JsonText&, ProgressReporter& progress) {
            for (int i = 0; i < 10; ++i) {
                progress.report(10 * i);
                self->advance(1s);
            }
            return JsonText();
        });
    });
    self = &harness;
    const auto begin = harness.now();
    const auto patient = harness.run(NewJob{.type = "slow", .timeout = 1min});
    CHECK(patient.status == JobStatus::completed);
    CHECK(harness.now() == begin + 10s);
    const auto timed_out = harness.run(NewJob{.type = "slow", .max_attempts = 1, .timeout = 5s});
    REQUIRE(timed_out.status == JobStatus::failed);
    CHECK(timed_out.error->code == "timeout");
    CHECK(timed_out.progress.percent >= 40);
    CHECK(timed_out.progress.percent <= 60);
}

TEST_CASE("a handler is asked to stop when its job is cancelled") {
    Harness* self = nullptr;
    Harness harness([&](Executor& executor) {
        executor.handle("long", [&](const JsonText&, JobContext& context) {
            CHECK(self->client().cancel(context.id()) == CancelOutcome::requested);
            self->advance(Duration::zero());
            context.check();
            return JsonText();
        });
    });
    self = &harness;
    CHECK(harness.run(NewJob{.type = "long"}).status == JobStatus::cancelled);
}

TEST_CASE("an asynchronous handler runs until it completes") {
    Completion complete;
    Harness harness([&](Executor& executor) {
        executor.handle_async("long", [&](const JsonText&, ProgressReporter&, Completion done) {
            complete = std::move(done);
        });
    });
    const auto id = harness.run(NewJob{.type = "long"}).id;
    CHECK(harness.find(id).status == JobStatus::processing);
    CHECK(harness.advance(24h) == 0);
    complete(nullptr, JsonText::parse("[1]"));
    harness.drain();
    CHECK(harness.find(id).status == JobStatus::completed);
    CHECK(harness.find(id).attempt == 1);
}

TEST_CASE("a job without a handler is not changed") {
    Harness harness;
    const auto id = harness.client().submit(Add{1, 2}).id;
    CHECK(harness.find(id).attempt == 0);
    CHECK(harness.drain() == 0);
    CHECK(harness.find(id).status == JobStatus::pending);
}

TEST_CASE("a finished job is purged after its retention") {
    Harness harness(register_add);
    const auto id = harness.run(Add{1, 2}, {.retention = 24h}).id;
    harness.advance(23h);
    CHECK(harness.find(id).status == JobStatus::completed);
    harness.advance(3h);
    CHECK(thrown_by([&] { harness.find(id); }).code() == Errc::not_found);
}

TEST_CASE("handlers may be registered until a job runs") {
    Harness harness;
    register_add(harness.executor());
    CHECK(harness.run(Add{2, 3}).status == JobStatus::completed);
    CHECK(thrown_by([&] { harness.executor().handle("late", HandlerFunction()); }).code() ==
          Errc::conflict);
}

TEST_CASE("an endless chain of submits is detected") {
    Harness* self = nullptr;
    Harness harness([&](Executor& executor) {
        executor.handle("restless", [&](const JsonText&, ProgressReporter&) {
            self->client().submit({.type = "restless"});
            return JsonText();
        });
    });
    self = &harness;
    CHECK(has(refusal(Errc::overloaded, [&] { harness.run(NewJob{.type = "restless"}); }),
              "does a handler submit"));
}

TEST_CASE("a harness passes its options to the executor") {
    std::vector<std::string> logged;
    Harness harness({}, {.log = [&](const LogEntry& entry) { logged.push_back(entry.message); }});
    harness.run(NewJob{.type = "unknown"});
    REQUIRE(logged.size() == 1);
    CHECK(has(logged[0], "no handler for type unknown"));
    CHECK(has(refusal(Errc::invalid_argument, [] { Harness({}, {.queues = {}}); }), "queues"));
}

} // namespace
