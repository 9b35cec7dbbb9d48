#include "simulated_world.hpp"
#include "thrown.hpp"

#include <asyncjobs/events.hpp>

#include <algorithm>
#include <set>

namespace {

struct LimitWorld : World {
    std::vector<JobEvent> received = {};
    EventStream events{process, [this](std::span<const JobEvent> batch, std::size_t) {
                           received.insert(received.end(), batch.begin(), batch.end());
                       }};
    std::multiset<std::string> running = {}; ///< by the executor's name
    std::map<std::string, std::size_t> most = {};

    Duration length = 1s; ///< of each run

    std::unique_ptr<Executor> serving(const std::string& name, std::vector<Limit> limits = {}) {
        auto with = options();
        with.concurrency = 10;
        with.limits = std::move(limits);
        with.events = &events;
        auto executor = std::make_unique<Executor>(store, process, with);
        executor->handle_async("work",
                               [this, name](const JsonText&, ProgressReporter&, Completion done) {
                                   running.insert(name);
                                   most[name] = std::max(most[name], running.count(name));
                                   process->after(length, [this, name, done = std::move(done)] {
                                       running.erase(running.find(name));
                                       done(nullptr, JsonText());
                                   });
                               });
        executor->start();
        return executor;
    }

    std::size_t finished() const {
        return static_cast<std::size_t>(std::ranges::count_if(received, [](const JobEvent& event) {
            return event.kind == JobEvent::Kind::completed;
        }));
    }
};

TEST_CASE_FIXTURE(LimitWorld, "jobs throttled by a limit run when others have ended") {
    client.set_limit({.name = "two", .type = "work", .concurrency = 2});
    for (int i = 0; i < 6; ++i) submit();
    const auto executor = serving("first");
    CHECK(until([&] { return finished() == 6; }, 3s + at_once));
    CHECK(most["first"] == 2);
}

TEST_CASE_FIXTURE(LimitWorld, "a throttled job is published with the limit's name") {
    client.set_limit({.name = "mails", .type = "work", .concurrency = 1});
    submit();
    const auto waiting = submit({.type = "work", .queue = "default"});
    const auto executor = serving("first");
    const auto begin = process->wall_clock();
    simulation.run_for(500ms);
    std::vector<JobEvent> throttled;
    std::ranges::copy_if(received, std::back_inserter(throttled), [](const JobEvent& event) {
        return event.kind == JobEvent::Kind::throttled;
    });
    REQUIRE(throttled.size() == 1);
    CHECK(throttled[0].job == waiting);
    CHECK(throttled[0].type == "work");
    CHECK(throttled[0].queue == "default");
    CHECK(throttled[0].limit == "mails");
    CHECK(throttled[0].at >= begin);
    CHECK(throttled[0].created_at == find(waiting).created_at);
    for (const JobEvent& event : received)
        if (event.kind != JobEvent::Kind::throttled) CHECK(event.limit == "");
}

TEST_CASE_FIXTURE(LimitWorld, "a throttled job is published once, however long it waits") {
    client.set_limit({.name = "slow", .type = "work", .rate = 1, .period = 1s});
    for (int i = 0; i < 20; ++i) submit();
    const auto executor = serving("first");
    CHECK(until([&] { return finished() == 20; }, 21s + at_once));
    CHECK(std::ranges::count(received, JobEvent::Kind::throttled, &JobEvent::kind) == 19);
}

TEST_CASE_FIXTURE(LimitWorld, "an executor's own limits count only its own jobs") {
    length = 20s; // by then each has found the jobs that the other can't take
    for (int i = 0; i < 20; ++i) submit();
    const auto first = serving("first", {{.name = "mine", .type = "work", .concurrency = 1}});
    const auto second = serving("second", {{.name = "mine", .type = "work", .concurrency = 3}});
    CHECK(until([&] { return finished() == 20; }, 5min));
    CHECK(most["first"] == 1);
    CHECK(most["second"] == 3);
}

TEST_CASE_FIXTURE(LimitWorld, "jobs that wait for a rate cause no polls") {
    client.set_limit({.name = "slow", .type = "work", .rate = 1, .period = 10s});
    for (int i = 0; i < 3; ++i) submit();
    const auto executor = serving("first");
    CHECK(until([&] { return finished() == 2; }, 11s + at_once));
    CHECK(!until([&] { return finished() == 3; }, 9s));
    CHECK(until([&] { return finished() == 3; }, 1s + at_once));
}

TEST_CASE_FIXTURE(LimitWorld, "a client sets, deletes and lists limits") {
    const Limit one{.name = "one", .concurrency = 1};
    const Limit two{.name = "two", .queue = "reports", .rate = 3};
    client.set_limit(two);
    client.set_limit(one);
    CHECK(client.limits() == std::vector{one, two});
    client.set_limit({.name = "one"});
    CHECK(client.limits() == std::vector{two});
}

TEST_CASE_FIXTURE(LimitWorld, "a bad limit is refused and not set") {
    const auto message = refusal(
        Errc::invalid_argument, [&] { client.set_limit({.name = "one", .concurrency = 100'001}); });
    CHECK(has(message, "concurrency is 100001, but must be from 0 to 100000"));
    CHECK(client.limits().empty());
}

} // namespace
