#include <asyncjobs/testing/simulated_runtime.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;
using testing::SimulatedRuntime;
using testing::Simulation;

namespace {

struct OneProcess {
    Simulation world{7};
    SimulatedRuntime process{world};
    std::vector<std::string> seen = {};

    Task recording(std::string what) {
        return [this, what = std::move(what)] { seen.push_back(what); };
    }
};
using Seen = std::vector<std::string>;

TEST_CASE_FIXTURE(OneProcess, "events happen in the order of their times, then of their posting") {
    world.after(2s, recording("c"));
    world.after(1s, recording("a"));
    world.after(1s, recording("b"));
    const auto began = world.now();
    world.run_for(1s);
    CHECK(seen == Seen{"a", "b"});
    CHECK(world.now() == began + 1s);
    world.run_for(1h);
    CHECK(seen == Seen{"a", "b", "c"});
    CHECK(world.now() == began + 1s + 1h);
}

TEST_CASE_FIXTURE(OneProcess, "the wall clock advances with the steady one") {
    const auto steady = process.now();
    const auto wall = process.wall_clock();
    world.run_for(90s);
    CHECK(process.now() - steady == 90s);
    CHECK(process.wall_clock() - wall == 90s);
}

TEST_CASE_FIXTURE(OneProcess, "a run ends as soon as its condition holds") {
    world.after(1s, recording("a"));
    world.after(2s, recording("b"));
    const auto began = world.now();
    CHECK(world.run_until([&] { return seen.size() == 1; }, began + 1h));
    CHECK(world.now() == began + 1s);
    CHECK_FALSE(world.run_until([&] { return seen.size() == 3; }, began + 1h));
    CHECK(world.now() == began + 1h);
}

TEST_CASE("equal seeds give equal random numbers, others do not") {
    Simulation one(1), same(1), other(2);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const auto number = one.random();
        CHECK(number == same.random());
        differs |= number != other.random();
    }
    CHECK(differs);
}

TEST_CASE_FIXTURE(OneProcess, "random numbers stay within their range") {
    bool low = false, high = false;
    for (int i = 0; i < 1000; ++i) {
        const auto drawn = world.random_duration(2us, 4us);
        CHECK(drawn >= 2us);
        CHECK(drawn <= 4us);
        low |= drawn == 2us;
        high |= drawn == 4us;
        CHECK_FALSE(world.chance(0.0));
        CHECK(world.chance(1.0));
    }
    CHECK(low);
    CHECK(high);
}

TEST_CASE_FIXTURE(OneProcess, "a timer calls its task once, after its latest arming") {
    const auto timer = process.make_timer(recording("tick"));
    timer->arm(1s);
    timer->arm(5s);
    world.run_for(4s);
    CHECK(seen.empty());
    world.run_for(1h);
    CHECK(seen == Seen{"tick"});
    timer->arm(1s);
    timer->disarm();
    world.run_for(1h);
    CHECK(seen.size() == 1);
    {
        const auto brief = process.make_timer(recording("tick"));
        brief->arm(1s);
    }
    world.run_for(1h);
    CHECK(seen.size() == 1);
}

TEST_CASE_FIXTURE(OneProcess, "extreme delays are clamped") {
    const auto never = process.make_timer(recording("never"));
    never->arm(Duration::max());
    const auto now = process.make_timer(recording("now"));
    now->arm(Duration::min());
    world.run_for(1h);
    CHECK(seen == Seen{"now"});
}

TEST_CASE_FIXTURE(OneProcess, "a lane runs its tasks in order, soon but not within the call") {
    const auto lane = process.make_lane(1);
    for (const auto* name : {"a", "b", "c"}) lane->post(recording(name));
    CHECK(seen.empty());
    world.run_for(10ms);
    CHECK(seen == Seen{"a", "b", "c"});
    {
        const auto brief = process.make_lane(1);
        brief->post(recording("dropped"));
    }
    world.run_for(10ms);
    CHECK(seen.size() == 3);
}

TEST_CASE_FIXTURE(OneProcess,
                  "a lane without latency runs its tasks at the time of their posting") {
    SimulatedRuntime prompt(world, Duration::zero());
    const auto lane = prompt.make_lane(1);
    lane->post([&] {
        seen.push_back("a");
        lane->post(recording("b"));
    });
    CHECK(seen.empty());
    world.run_for(Duration::zero());
    CHECK(seen == Seen{"a", "b"});
}

TEST_CASE_FIXTURE(OneProcess,
                  "a wait runs the world until the event is set or the deadline passes") {
    const auto event = process.make_event();
    process.after(1s, [&] { event->set(); });
    const auto began = process.now();
    CHECK_FALSE(event->wait(began + 500ms));
    CHECK(process.now() == began + 500ms);
    CHECK(event->wait(std::nullopt));
    CHECK(process.now() == began + 1s);
}

TEST_CASE_FIXTURE(OneProcess, "a crashed process stops, and others continue") {
    SimulatedRuntime survivor(world);
    const auto timer = process.make_timer(recording("timer"));
    const auto lane = process.make_lane(1);
    const auto event = process.make_event();
    timer->arm(1s);
    lane->post(recording("lane"));
    process.after(1s, recording("task"));
    survivor.after(1s, recording("survivor"));
    process.crash();
    CHECK(process.is_crashed());
    const auto began = world.now();
    CHECK_FALSE(event->wait(began + 1h));
    CHECK(world.now() == began);
    world.run_for(1h);
    CHECK(seen == Seen{"survivor"});
}

TEST_CASE_FIXTURE(OneProcess, "events due during a pause happen when the process resumes") {
    process.after(1s, recording("a"));
    process.after(2s, recording("b"));
    process.pause(5s);
    world.run_for(5s - 1us);
    CHECK(seen.empty());
    world.run_for(1us);
    CHECK(seen == Seen{"a", "b"});
}

} // namespace
