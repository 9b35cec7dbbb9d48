#include "store/store_clock.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;
using Kind = ClockNotice::Kind;
using Notices = std::vector<ClockNotice>;

constexpr Timestamp noon{std::chrono::days{20'000} + 12h};
constexpr SteadyTime first_look{1h};

/// A process that has looked before, at `noon`.
struct LookedClock : StoreClock {
    LookedClock() {
        saw(noon, 1s);
        CHECK(look_at({.now = noon, .newest = noon, .kept = noon - 1h}, first_look).writes);
    }
    Findings look_at(Look found, SteadyTime now = first_look + 1s) {
        saw(found.now, 10s);
        const auto findings = look(found, now);
        if (findings.writes) wrote(found.now);
        return findings;
    }
};

TEST_CASE("a clock that advances, or goes back by less than a second, was not set back") {
    StoreClock clock;
    for (const auto time : {noon, noon + 1h, noon + 1h - 1s, noon + 2h}) clock.saw(time, 1s);
    CHECK(clock.take_set_back() == Duration::zero());
}

TEST_CASE("a clock that was set back since the last call is reported once") {
    StoreClock clock;
    clock.saw(noon, 1s);
    clock.saw(noon - 2h, 1s);
    clock.saw(noon - 2h + 1s, 1s);
    CHECK(clock.take_set_back() == 2h);
    CHECK(clock.take_set_back() == Duration::zero());
    clock.give_back(2h);
    CHECK(clock.take_set_back() == 2h);
}

TEST_CASE("the first look finds times stored before the clock was set back") {
    StoreClock clock;
    const auto [task, writes] = clock.look({.now = noon, .newest = {}, .kept = noon + 2h}, {});
    REQUIRE(task);
    CHECK(task->by == 2h);
    CHECK(task->with_leases);
    CHECK(writes);
    clock.moved_back(*task, 2h, {}, {});
    CHECK(clock.take_notices() == Notices{{Kind::set_back, 2h}});
    CHECK(clock.take_notices().empty());
}

TEST_CASE("the newest job reveals that a database's own clock was set back") {
    LookedClock clock;
    const auto [task, writes] = clock.look_at({.now = noon, .newest = noon + 2h});
    REQUIRE(task);
    CHECK(task->by == 2h);
    CHECK_FALSE(writes);
}

TEST_CASE("times a few seconds ahead are ignored") {
    LookedClock clock;
    const auto [task, writes] =
        clock.look_at({.now = noon, .newest = noon + 10s, .kept = noon + 10s});
    CHECK_FALSE(task);
    CHECK_FALSE(writes);
}

TEST_CASE("a time that this process wrote before its clock was set back is not another process's") {
    LookedClock clock;
    clock.saw(noon - 2h, 1s);
    CHECK(clock.take_set_back() == 2h);
    const auto [task, writes] = clock.look_at({.now = noon - 2h, .newest = {}, .kept = noon});
    CHECK_FALSE(task);
    CHECK(writes);
    CHECK(clock.take_notices().empty());
}

TEST_CASE("a time that a process wrote earlier is not another process's while it can't write") {
    LookedClock clock;
    for (const auto elapsed : {20s, 40s}) {
        const StoreClock::Look look{.now = noon + elapsed, .newest = noon, .kept = noon};
        CHECK(clock.look(look, first_look + elapsed).writes);
        CHECK(clock.take_notices().empty());
        CHECK(clock.others_behind(first_look + elapsed) == Duration::zero());
    }
}

TEST_CASE("a time written while the clock was set back does not count as the latest") {
    LookedClock clock;
    clock.saw(noon + 1h, 1s);
    const StoreClock::Look before{.now = noon + 1h, .newest = noon, .kept = noon};
    CHECK(clock.look(before, first_look + 1h).writes);
    clock.saw(noon, 1s);
    clock.wrote(noon + 1h);
    clock.look_at({.now = noon, .newest = noon, .kept = noon}, first_look + 1h);
    CHECK(clock.take_notices().empty());
}

TEST_CASE("another living process's clock that is ahead moves jobs back, but no leases") {
    LookedClock clock;
    for (const auto elapsed : {1s, 6s, 11s}) {
        const auto time = noon + elapsed;
        const auto [task, writes] =
            clock.look_at({.now = time, .newest = time, .kept = time + 1h}, first_look + elapsed);
        REQUIRE(task);
        CHECK(task->by == 1h);
        CHECK_FALSE(task->with_leases);
        CHECK(writes);
        clock.moved_back(*task, 1h, first_look + elapsed, first_look + elapsed);
    }
    CHECK(clock.take_notices() == Notices{{Kind::other_ahead, 1h}});
    const StoreClock::Look alone{.now = noon + 71s, .newest = noon, .kept = noon + 61s};
    CHECK_FALSE(clock.look_at(alone, first_look + 70s).task);
    const auto last = clock.look_at(alone, first_look + 71s);
    REQUIRE(last.task);
    CHECK(last.task->with_leases);
    CHECK(last.task->by == 1h);
    clock.moved_back(*last.task, 1h, first_look + 71s, first_look + 71s);
    CHECK_FALSE(clock.look_at(alone, first_look + 72s).task);
    CHECK(clock.take_notices().empty());
}

TEST_CASE("another process's clock that is behind counts until a minute after it was seen") {
    LookedClock clock;
    CHECK(clock.others_behind(first_look) == Duration::zero());
    for (const auto elapsed : {1s, 6s}) {
        const auto [task, writes] =
            clock.look_at({.now = noon + elapsed, .newest = noon, .kept = noon + elapsed - 1h},
                          first_look + elapsed);
        CHECK_FALSE(task);
        CHECK(writes);
    }
    CHECK(clock.others_behind(first_look + 65s) == 1h);
    CHECK(clock.others_behind(first_look + 66s) == Duration::zero());
    CHECK(clock.take_notices() == Notices{{Kind::other_behind, 1h}});
}

TEST_CASE("looks at all jobs because of another process's clock take a twentieth of the time") {
    LookedClock clock;
    const StoreClock::Look ahead{.now = noon, .newest = noon, .kept = noon + 1h};
    const auto task = clock.look_at(ahead, first_look).task;
    REQUIRE(task);
    clock.moved_back(*task, 1h, first_look, first_look + 1s);
    CHECK_FALSE(clock.look_at(ahead, first_look + 20s).task);
    CHECK(clock.look_at(ahead, first_look + 21s).task);
}

} // namespace
