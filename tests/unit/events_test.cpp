#include "simulated_world.hpp"
#include "thrown.hpp"

#include <asyncjobs/events.hpp>

#include <algorithm>
#include <memory>
#include <semaphore>
#include <set>
#include <stdexcept>

namespace {

using EventKind = JobEvent::Kind;
using Kinds = std::vector<EventKind>;

struct EventWorld : World {
    std::vector<JobEvent> received = {};
    EventStream events{process, [this](std::span<const JobEvent> batch, std::size_t) {
                           received.insert(received.end(), batch.begin(), batch.end());
                       }};
    Client publisher{memory, process, {.events = &events}};

    ExecutorOptions publishing_options() {
        auto with = options();
        with.events = &events;
        return with;
    }

    void run_for(Duration duration) { simulation.run_for(duration); }

    Kinds kinds() const {
        Kinds all;
        for (const auto& event : received) all.push_back(event.kind);
        return all;
    }

    /// Submits like another client: only the executor publishes events.
    JobId submit_elsewhere(NewJob job = {.type = "work"}) { return client.submit(job).id; }
};

TEST_CASE_FIXTURE(EventWorld, "a stream receives a job's events from its submit to its end") {
    Executor executor(store, process, publishing_options());
    executor.handle_async("work", [&](const JsonText&, JobContext& context, auto done) {
        process->after(3s, [done, attempt = context.attempt()] {
            const auto error =
                attempt < 2 ? std::make_exception_ptr(JobFailure("E7", "secret")) : nullptr;
            done(error, JsonText());
        });
    });
    executor.start();
    const auto begin = process->wall_clock();
    const auto id = publisher.submit(NewJob{.type = "work", .queue = "default"}).id;
    REQUIRE(finishes(id));
    run_for(at_once);

    REQUIRE(kinds() == Kinds{EventKind::submitted, EventKind::started, EventKind::retried,
                             EventKind::started, EventKind::completed});
    const int attempts[] = {0, 1, 1, 2, 2};
    for (std::size_t i = 0; i < received.size(); ++i) {
        CAPTURE(i);
        CHECK(received[i].job == id);
        CHECK(received[i].type == "work");
        CHECK(received[i].queue == "default");
        CHECK(received[i].attempt == attempts[i]);
        CHECK(received[i].created_at == begin);
        CHECK(received[i].ran.has_value() == (i == 2 || i == 4));
        CHECK(received[i].error_code == (i == 2 ? "E7" : ""));
    }
    CHECK(received[2].ran == 3s);
    CHECK(received[0].at == begin);
    CHECK(received[2].at >= received[1].at + 3s);
    CHECK(received[4].at <= process->wall_clock());
}

TEST_CASE_FIXTURE(EventWorld, "a start is published with how long the attempt has been due") {
    const auto due_at = process->wall_clock() + 1h;
    const auto id = submit_elsewhere({.type = "work", .delay = 1h});
    run_for(1h + 5s);
    Executor executor(store, process, publishing_options());
    executor.handle("work", [](const JsonText&, ProgressReporter&) { return JsonText(); });
    executor.start();
    REQUIRE(finishes(id));
    run_for(at_once);
    REQUIRE(kinds() == Kinds{EventKind::started, EventKind::completed});
    CHECK(received[0].waited == received[0].at - due_at);
    CHECK(received[0].waited >= 5s);
    CHECK_FALSE(received[1].waited);
}

TEST_CASE_FIXTURE(EventWorld, "an end is published only after the store has recorded it") {
    Executor executor(store, process, publishing_options());
    executor.handle("work", [&](const JsonText&, ProgressReporter&) {
        plan = [](std::string_view) { return Fault::unavailable; };
        return JsonText();
    });
    executor.start();
    const auto id = submit_elsewhere();
    run_for(10s);
    CHECK(kinds() == Kinds{EventKind::started});
    plan = {};
    REQUIRE(finishes(id));
    run_for(at_once);
    CHECK(kinds() == Kinds{EventKind::started, EventKind::completed});
}

TEST_CASE_FIXTURE(EventWorld, "a failed last attempt is published as failed") {
    Executor executor(store, process, publishing_options());
    executor.handle("work", [](const JsonText&, ProgressReporter&) -> JsonText {
        throw std::runtime_error("secret");
    });
    executor.start();
    REQUIRE(finishes(submit_elsewhere({.type = "work", .max_attempts = 1})));
    run_for(at_once);
    CHECK(kinds() == Kinds{EventKind::started, EventKind::failed});
    CHECK(received[1].error_code == "internal_error");
}

TEST_CASE_FIXTURE(EventWorld, "snoozed jobs and jobs without a handler are published as released") {
    Executor executor(store, process, publishing_options());
    executor.handle("work",
                    [](const JsonText&, ProgressReporter&) -> JsonText { throw Snooze{1h}; });
    executor.start();
    submit_elsewhere();
    run_for(1s);
    CHECK(kinds() == Kinds{EventKind::started, EventKind::released});
    CHECK(received[1].ran.has_value());
    submit_elsewhere({.type = "unknown"});
    run_for(1s);
    REQUIRE(received.size() == 3);
    CHECK(received[2].kind == EventKind::released);
    CHECK(received[2].type == "unknown");
    CHECK_FALSE(received[2].ran);
}

TEST_CASE_FIXTURE(EventWorld, "progress is published as the store has recorded it") {
    Executor executor(store, process, publishing_options());
    executor.handle_async("work", [&](const JsonText&, ProgressReporter& progress, auto done) {
        progress.report(20);
        progress.report(30);
        process->after(3s, [done] { done(nullptr, JsonText()); });
    });
    executor.start();
    const auto id = submit_elsewhere();
    REQUIRE(finishes(id));
    run_for(at_once);
    REQUIRE(kinds() == Kinds{EventKind::started, EventKind::progressed, EventKind::completed});
    CHECK(received[1].job == id);
    CHECK(received[1].percent == 30);
}

TEST_CASE_FIXTURE(EventWorld, "jobs stopped by a failed parent are published") {
    Executor executor(store, process, publishing_options());
    executor.handle("work", [&](const JsonText&, ProgressReporter&) -> JsonText {
        throw JobFailure("E1").permanent();
    });
    executor.start();
    const auto parent = client.make_id(), cancelled = client.make_id(), failed = client.make_id();
    client.submit({{.id = parent, .type = "work"},
                   {.id = cancelled, .type = "child", .after = {parent}},
                   {.id = failed,
                    .type = "child",
                    .after = {parent},
                    .on_parent_failure = OnParentFailure::fail}});
    REQUIRE(finishes(failed));
    run_for(at_once);
    REQUIRE(kinds() ==
            Kinds{EventKind::started, EventKind::failed, EventKind::cancelled, EventKind::failed});
    CHECK(received[2].job == cancelled);
    CHECK(received[2].type == "child");
    CHECK(received[3].job == failed);
    CHECK(received[3].error_code == error_code::parent_failed);
}

TEST_CASE_FIXTURE(EventWorld, "a retried job with a cancel request is published as cancelled") {
    Executor executor(store, process, publishing_options());
    executor.handle("work", [&](const JsonText&, JobContext& context) -> JsonText {
        memory.cancel(context.id(), {});
        throw JobFailure("E1");
    });
    executor.start();
    REQUIRE(finishes(submit_elsewhere()));
    run_for(at_once);
    CHECK(kinds() == Kinds{EventKind::started, EventKind::cancelled});
    CHECK(received[1].error_code == "");
}

TEST_CASE_FIXTURE(EventWorld, "a job completed by its handler is published as completed") {
    Executor executor(store, process, publishing_options());
    executor.handle("work", [&](const JsonText&, JobContext& context) -> JsonText {
        const auto settlement = Settlement::completed(context.job().lease, {});
        REQUIRE(memory.settle({&settlement, 1}).front().accepted);
        context.mark_completed_externally();
        return {};
    });
    executor.start();
    submit_elsewhere();
    run_for(1s);
    CHECK(kinds() == Kinds{EventKind::started, EventKind::completed});
    CHECK(received[1].error_code == "");
}

TEST_CASE_FIXTURE(EventWorld, "the end of an attempt with a lost lease is not published") {
    Executor executor(store, process, publishing_options());
    executor.handle("work", [&](const JsonText&, JobContext& context) -> JsonText {
        const auto settlement = Settlement::released(context.job().lease, 1h);
        REQUIRE(memory.settle({&settlement, 1}).front().accepted);
        return {};
    });
    executor.start();
    submit_elsewhere();
    run_for(1s);
    CHECK(kinds() == Kinds{EventKind::started});
    CHECK(logged("after its lease was lost") == 1);
}

TEST_CASE_FIXTURE(EventWorld, "jobs of lost workers are published as rescued and finally failed") {
    auto brief = options();
    brief.lease_for = 1s;
    const auto lose = [&] {
        const auto mortal = std::make_shared<testing::SimulatedRuntime>(simulation);
        Executor executor(store, mortal, brief);
        executor.handle("work", [&](const JsonText&, ProgressReporter&) -> JsonText {
            mortal->crash();
            throw Interrupted{};
        });
        executor.start();
        REQUIRE(until([&] { return mortal->is_crashed(); }));
    };
    const auto id = submit_elsewhere();
    lose();
    auto watchful = publishing_options();
    watchful.queues = {"another"};
    watchful.rescue_every = 500ms;
    watchful.crash_limit = 2;
    Executor executor(store, process, watchful);
    executor.start();
    run_for(10s);
    CHECK(kinds() == Kinds{EventKind::rescued});
    lose();
    run_for(10s);
    REQUIRE(kinds() == Kinds{EventKind::rescued, EventKind::failed});
    for (const auto& event : received) {
        CHECK(event.job == id);
        CHECK(event.type == "work");
        CHECK(event.queue == "default");
        CHECK(event.attempt == 0);
    }
    CHECK(received[0].error_code == "");
    CHECK(received[1].error_code == "worker_lost");
}

TEST_CASE_FIXTURE(EventWorld, "an event omits members that a failing store can't return") {
    Client shaky(faulty, process, {.events = &events});
    const auto id = submit_elsewhere();
    plan = [](std::string_view member) {
        return member == "find_summaries" ? Fault::unavailable : Fault::none;
    };
    CHECK(shaky.cancel(id) == CancelOutcome::cancelled);
    run_for(at_once);
    REQUIRE(kinds() == Kinds{EventKind::cancelled});
    CHECK(received[0].job == id);
    CHECK(received[0].type == "");
}

TEST_CASE_FIXTURE(EventWorld, "only created jobs are published as submitted") {
    const NewJob job{.type = "work", .queue = "q", .unique_key = "key"};
    publisher.submit(job);
    publisher.submit(job);
    publisher.submit(std::vector{job, NewJob{.type = "other"}});
    run_for(at_once);
    REQUIRE(kinds() == Kinds{EventKind::submitted, EventKind::submitted});
    CHECK(received[0].queue == "q");
    CHECK(received[1].type == "other");
    CHECK(received[1].job != received[0].job);
}

TEST_CASE_FIXTURE(EventWorld, "a client's calls are published if they changed the job") {
    const auto id = publisher.submit(NewJob{.type = "work", .queue = "q"}).id;
    publisher.retry(id);
    publisher.cancel(id);
    publisher.cancel(id);
    publisher.retry(id);
    publisher.cancel(JobId::make({}, 1, 1));
    run_for(at_once);
    REQUIRE(kinds() == Kinds{EventKind::submitted, EventKind::cancelled, EventKind::restarted});
    for (const auto& event : received) {
        CHECK(event.job == id);
        CHECK(event.type == "work");
        CHECK(event.queue == "q");
    }
}

TEST_CASE("every kind of event has its own name") {
    std::set<std::string_view> names;
    for (const auto kind :
         {EventKind::submitted, EventKind::started, EventKind::progressed, EventKind::completed,
          EventKind::failed, EventKind::cancelled, EventKind::retried, EventKind::released,
          EventKind::rescued, EventKind::restarted}) {
        CHECK(to_string(kind) != "");
        CHECK(names.insert(to_string(kind)).second);
    }
}

std::vector<JobEvent> numbered(int from, int to) {
    std::vector<JobEvent> events;
    for (int i = from; i <= to; ++i) events.push_back({.attempt = i});
    return events;
}

TEST_CASE("a slow subscriber delays no publisher, and its lost events are counted") {
    std::binary_semaphore entered{0}, proceed{0};
    std::vector<int> got;
    std::vector<std::size_t> losses;
    {
        EventStream events(
            [&](std::span<const JobEvent> batch, std::size_t lost) {
                for (const auto& event : batch) got.push_back(event.attempt);
                losses.push_back(lost);
                if (got.size() > 1) return;
                entered.release();
                proceed.acquire();
            },
            {.capacity = 3});
        events.publish(numbered(1, 1));
        entered.acquire();
        events.publish(numbered(2, 3));
        events.publish(numbered(4, 6));
        events.publish(numbered(7, 7));
        proceed.release();
    }
    CHECK(got == std::vector{1, 2, 3, 4});
    CHECK(losses == std::vector<std::size_t>{0, 3});
}

/// A stream whose lane has not run yet: published events wait.
struct WaitingStream {
    testing::Simulation simulation{1};
    std::vector<EventKind> got = {};
    LostEvents lost = {};

    std::unique_ptr<EventStream> open(EventStreamOptions options) {
        return std::make_unique<EventStream>(
            std::make_shared<testing::SimulatedRuntime>(simulation),
            [this](std::span<const JobEvent> batch, LostEvents behind) {
                for (const auto& event : batch) got.push_back(event.kind);
                lost = behind;
            },
            std::move(options));
    }
};

std::vector<JobEvent> events_of(const Kinds& kinds) {
    std::vector<JobEvent> events;
    for (const EventKind kind : kinds) events.push_back({.kind = kind});
    return events;
}

TEST_CASE_FIXTURE(WaitingStream, "a subscriber receives its chosen kinds of events") {
    auto events = open({.capacity = 2, .kinds = {EventKind::completed, EventKind::failed}});
    events->publish(events_of({EventKind::throttled, EventKind::started, EventKind::completed}));
    events->publish(events_of({EventKind::throttled, EventKind::failed, EventKind::started}));
    events.reset();
    CHECK(got == Kinds{EventKind::completed, EventKind::failed});
    CHECK(lost.total() == 0);
}

TEST_CASE_FIXTURE(WaitingStream, "lost events are counted by kind") {
    auto events = open({.capacity = 2});
    events->publish(events_of({EventKind::started, EventKind::completed, EventKind::failed}));
    events->publish(events_of({EventKind::failed, EventKind::started}));
    events.reset();
    CHECK(got == Kinds{EventKind::started, EventKind::completed});
    CHECK(lost.of(EventKind::failed) == 2);
    CHECK(lost.of(EventKind::started) == 1);
    CHECK(lost.of(EventKind::completed) == 0);
    CHECK(lost.total() == 3);
}

TEST_CASE_FIXTURE(WaitingStream, "events of throttled jobs leave room for ends") {
    auto events = open({.capacity = 10});
    events->publish(events_of(Kinds(1000, EventKind::throttled)));
    events->publish(events_of(Kinds(5, EventKind::completed)));
    events.reset();
    CHECK(std::ranges::count(got, EventKind::throttled) == 5);
    CHECK(std::ranges::count(got, EventKind::completed) == 5);
    CHECK(lost.of(EventKind::throttled) == 995);
}

TEST_CASE("a destroyed stream delivers the remaining events") {
    testing::Simulation simulation(1);
    std::size_t got = 0;
    {
        EventStream events(
            std::make_shared<testing::SimulatedRuntime>(simulation),
            [&](std::span<const JobEvent> batch, std::size_t) { got += batch.size(); });
        events.publish(numbered(1, 3));
        events.publish({});
        CHECK(got == 0);
    }
    CHECK(got == 3);
}

TEST_CASE("options of a stream out of range are refused") {
    const auto ignore = [](std::span<const JobEvent>, std::size_t) {};
    for (const std::size_t capacity : {0u, 10'000'001u})
        CHECK(has(
            refusal(Errc::invalid_argument, [&] { EventStream(ignore, {.capacity = capacity}); }),
            "capacity is " + std::to_string(capacity) + ", but must be from 1 to 10000000"));
    CHECK(has(refusal(Errc::invalid_argument, [&] { EventStream({}, {.capacity = 1}); }),
              "subscriber"));
}

} // namespace
