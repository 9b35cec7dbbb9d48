#include "../../thrown.hpp"
#include "scheduled_world.hpp"

#include <set>

namespace {

TEST_CASE_FIXTURE(ScheduledWorld, "setting an unchanged schedule changes nothing") {
    scheduler.set("reports", report("0 3 * * *"));
    const auto before = jobs("asyncjobs.schedule");
    pass(30min);
    scheduler.set("reports", report("0 3 * * *"));
    const auto after = jobs("asyncjobs.schedule");
    REQUIRE(after.size() == 1);
    CHECK(after.front().revision == before.front().revision);
    CHECK(after.front().run_at == at("2025-01-08T03:00:00Z"));
}

TEST_CASE_FIXTURE(ScheduledWorld, "a changed job keeps the next slot, even if it is due") {
    scheduler.set("reports", report("* * * * *"));
    pass(1min + 30s);
    auto changed = report("* * * * *");
    changed.job.owner = "anna";
    scheduler.set("reports", changed);
    scheduler.start();
    pass(at_once);
    CHECK(fired_slots() == minutes_up_to(1));
    CHECK(fired().front().owner == "anna");
}

TEST_CASE_FIXTURE(ScheduledWorld, "a changed cron begins with its own next slot") {
    scheduler.start();
    scheduler.set("reports", report("0 3 * * *"));
    pass(30min);
    scheduler.set("reports", report("45 * * * *"));
    CHECK(status_of("reports").next_slot == at("2025-01-08T01:45:00Z"));
    pass(15min + at_once);
    CHECK(fired_slots() == Texts{"2025-01-08T01:45:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld,
                  "a paused schedule does not fire, and later skips the slots that have passed") {
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    pass(1min + at_once);
    scheduler.pause("reports");
    scheduler.pause("reports");
    pass(10min);
    CHECK(fired_slots() == minutes_up_to(1));
    CHECK(status_of("reports").paused);
    CHECK_FALSE(status_of("reports").next_slot);
    scheduler.resume("reports");
    scheduler.resume("reports");
    CHECK_FALSE(status_of("reports").paused);
    pass(1min);
    CHECK(fired_slots() == Texts{"2025-01-08T01:01:00Z", "2025-01-08T01:12:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a paused schedule stays paused when it is set") {
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    scheduler.pause("reports");
    scheduler.set("reports", report("*/2 * * * *"));
    CHECK(status_of("reports").paused);
    pass(10min);
    CHECK(fired().empty());
    scheduler.resume("reports");
    pass(2min + at_once);
    CHECK(fired_slots() == Texts{"2025-01-08T01:12:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a schedule can be triggered, in addition to its slots") {
    scheduler.set("reports", report("* * * * *"));
    const auto id = scheduler.trigger("reports");
    REQUIRE(fired().size() == 1);
    CHECK(fired().front().id == id);
    CHECK(fired_slots() == Texts{"2025-01-08T01:00:00Z"});
    scheduler.start();
    pass(1min + at_once);
    CHECK(fired().size() == 2);
    scheduler.pause("reports");
    CHECK(find(scheduler.trigger("reports")).type == "report");
}

TEST_CASE_FIXTURE(ScheduledWorld, "a removed schedule does not fire, and can be set again") {
    scheduler.start();
    CHECK_FALSE(scheduler.remove("reports"));
    scheduler.set("reports", report("* * * * *"));
    CHECK(scheduler.remove("reports"));
    CHECK_FALSE(scheduler.remove("reports"));
    CHECK(scheduler.list().empty());
    pass(10min + at_once);
    CHECK(fired().empty());
    scheduler.set("reports", report("* * * * *"));
    pass(1min);
    CHECK(fired_slots() == Texts{"2025-01-08T01:11:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld,
                  "a schedule that is removed and set again while no scheduler runs exists") {
    scheduler.set("reports", report("* * * * *"));
    scheduler.remove("reports");
    scheduler.set("reports", report("*/5 * * * *"));
    scheduler.start();
    pass(5min + at_once);
    CHECK(fired_slots() == Texts{"2025-01-08T01:05:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a removed schedule leaves no pending job") {
    scheduler.set("reports", report("* * * * *"));
    scheduler.remove("reports");
    scheduler.remove("never-there");
    scheduler.start();
    pass(at_once);
    for (const auto& job : jobs("asyncjobs.schedule")) CHECK(job.status == JobStatus::completed);
}

TEST_CASE_FIXTURE(ScheduledWorld, "a schedule that was never set is not found") {
    const auto refuses = [&](auto call) {
        return has(refusal(Errc::not_found, call), "no such schedule: reports");
    };
    CHECK(refuses([&] { scheduler.pause("reports"); }));
    CHECK(refuses([&] { scheduler.resume("reports"); }));
    CHECK(refuses([&] { scheduler.trigger("reports"); }));
    CHECK(scheduler.list().empty());
}

TEST_CASE_FIXTURE(ScheduledWorld, "the list holds each schedule with its state, by name") {
    scheduler.start();
    scheduler.set("b", report("* * * * *"));
    scheduler.set("a", report("0 3 * * *"));
    pass(1min + at_once);
    const auto schedules = scheduler.list();
    REQUIRE(schedules.size() == 2);
    CHECK(schedules[0].name == "a");
    CHECK(schedules[0].schedule.cron == Cron("0 3 * * *"));
    CHECK(schedules[0].schedule.job.type == "report");
    CHECK(schedules[0].next_slot == at("2025-01-08T03:00:00Z"));
    CHECK_FALSE(schedules[0].last_slot);
    CHECK_FALSE(schedules[0].last_job);
    CHECK(schedules[1].name == "b");
    CHECK(schedules[1].next_slot == at("2025-01-08T01:02:00Z"));
    CHECK(schedules[1].last_slot == at("2025-01-08T01:01:00Z"));
    CHECK(schedules[1].last_job == fired().front().id);
}

TEST_CASE_FIXTURE(ScheduledWorld, "a list longer than a page of the store is complete") {
    std::set<std::string> names;
    for (int i = 0; i < 120; ++i) {
        names.insert(fmt::format("schedule-{}", i));
        scheduler.set(fmt::format("schedule-{}", i), report("* * * * *"));
    }
    std::set<std::string> listed;
    for (const auto& status : scheduler.list()) listed.insert(status.name);
    CHECK(listed == names);
}

/// The process claims the job of the slot at 01:01 and sleeps 5 s before it handles it.
struct WhileItFires : ScheduledWorld {
    const SteadyTime slot = now() + 1min;
    bool asleep = false;
    Process awake = new_process();
    Scheduler other{memory, awake, {}};

    WhileItFires() {
        scheduler.start();
        scheduler.set("reports", report("* * * * *"));
        plan = [this](std::string_view member) {
            if (member == "exchange" && now() >= slot && !asleep) {
                asleep = true;
                process->pause(5s);
            }
            return Fault::none;
        };
        pass(1min + at_once);
        REQUIRE(jobs("asyncjobs.schedule").front().status == JobStatus::processing);
    }
};

TEST_CASE_FIXTURE(WhileItFires, "a change waits for the next slot's job, and is not lost") {
    auto changed = report("* * * * *");
    changed.job.owner = "anna";
    other.set("reports", changed);
    pass(1min);
    CHECK(fired_slots() == minutes_up_to(2));
    CHECK(fired().front().owner.empty());
    CHECK(fired().back().owner == "anna");
}

TEST_CASE_FIXTURE(WhileItFires, "a removal waits for the next slot's job, and is not lost") {
    CHECK(other.remove("reports"));
    CHECK(other.list().empty());
    pass(10min);
    CHECK(fired_slots() == minutes_up_to(1));
}

TEST_CASE_FIXTURE(WhileItFires, "the list shows a schedule that is firing") {
    REQUIRE(other.list().size() == 1);
    CHECK(other.list().front().name == "reports");
}

TEST_CASE_FIXTURE(WhileItFires, "a change fails when the schedule stays claimed") {
    process->crash();
    const auto begun = now();
    const auto call = [&] { other.remove("reports"); }; // no process runs to rescue it
    CHECK(has(refusal(Errc::conflict, call), "reports has been firing for too long"));
    CHECK(now() - begun < 31s);
}

} // namespace
