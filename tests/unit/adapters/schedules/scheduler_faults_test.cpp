#include "scheduled_world.hpp"

namespace {

/// Slots of 01:01 to 01:10 pass before a scheduler runs.
struct AfterAnOutage : ScheduledWorld {
    Texts slots_fired_with(MissedSlots missed) {
        auto schedule = report("* * * * *");
        schedule.missed = missed;
        schedule.backfill_for = 5min;
        scheduler.set("reports", schedule);
        pass(10min + 30s);
        scheduler.start();
        pass(5s);
        return fired_slots();
    }
};

TEST_CASE_FIXTURE(AfterAnOutage, "missed slots can be skipped") {
    CHECK(slots_fired_with(MissedSlots::skip) == Texts{"2025-01-08T01:10:00Z"});
}

TEST_CASE_FIXTURE(AfterAnOutage, "the latest missed slot can fire for all") {
    CHECK(slots_fired_with(MissedSlots::run_once) ==
          Texts{"2025-01-08T01:09:00Z", "2025-01-08T01:10:00Z"});
}

TEST_CASE_FIXTURE(AfterAnOutage, "missed slots can all fire, up to an age") {
    CHECK(slots_fired_with(MissedSlots::backfill) ==
          Texts{"2025-01-08T01:06:00Z", "2025-01-08T01:07:00Z", "2025-01-08T01:08:00Z",
                "2025-01-08T01:09:00Z", "2025-01-08T01:10:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld,
                  "another process fires the slot of a process that dies while it fires") {
    const auto other_process = new_process();
    Scheduler other(store, other_process, {.poll_every = 1s});
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    plan = [&](std::string_view member) {
        if (member != "find" || process->is_crashed()) return Fault::none;
        process->crash(); // it reads its job when it fires
        return Fault::unavailable;
    };
    pass(1min + 1s);
    REQUIRE(process->is_crashed());
    other.start();
    pass(30s);
    CHECK(fired_slots() == minutes_up_to(1));
    pass(1min);
    CHECK(fired_slots() == minutes_up_to(2));
}

TEST_CASE_FIXTURE(ScheduledWorld, "lost results of the store fire no slot twice, and skip none") {
    int calls = 0;
    scheduler.set("reports", report("* * * * *"));
    plan = [&](std::string_view) { return ++calls % 2 == 0 ? Fault::reply_lost : Fault::none; };
    scheduler.start();
    pass(30min + 10s);
    CHECK(calls > 30);
    plan = {}; // while every second result is lost, the latest slot may be late
    pass(30s);
    CHECK(fired_slots() == minutes_up_to(30));
}

TEST_CASE_FIXTURE(ScheduledWorld, "an outage of the store only delays a slot") {
    bool away = false;
    plan = [&](std::string_view) { return away ? Fault::unavailable : Fault::none; };
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    pass(50s);
    away = true;
    pass(30s);
    away = false;
    pass(10s);
    CHECK(fired_slots() == minutes_up_to(1));
}

TEST_CASE("the store's clock decides which slots were missed") {
    testing::Simulation simulation{1};
    MemoryJobStore store([&] { return simulation.wall_clock() - 10min; });
    Scheduler scheduler(store, std::make_shared<testing::SimulatedRuntime>(simulation));
    auto schedule = ScheduledWorld::report("* * * * *");
    schedule.missed = MissedSlots::skip;
    scheduler.set("reports", schedule);
    scheduler.start();
    simulation.run_for(10min + 3min + 10s);
    CHECK(store.list({.type = "report"}).jobs.size() == 3);
}

} // namespace
