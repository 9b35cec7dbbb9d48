#include "../../simulated_world.hpp"
#include "../../thrown.hpp"
#include "slots.hpp"

#include <asyncjobs/schedules/scheduler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace {

using Texts = std::vector<std::string>;

/// The world begins on 2025-01-08 at 01:00 UTC.
struct ScheduledWorld : World {
    using Process = std::shared_ptr<testing::SimulatedRuntime>;

    Scheduler scheduler{store, process, scheduler_options()};

    /// The scheduler outlives what a test's plan refers to.
    ~ScheduledWorld() { plan = {}; }

    /// Nothing happens by polling.
    SchedulerOptions scheduler_options() {
        return {.poll_every = 1h, .log = [this](const LogEntry& entry) { log.push_back(entry); }};
    }

    Process new_process() { return std::make_shared<testing::SimulatedRuntime>(simulation); }

    /// The jobs that were submitted for slots tell which in their input.
    static Schedule report(std::string_view cron) {
        return {.cron = Cron(cron),
                .job = {.type = "report", .input = JsonText::parse("{}")},
                .slot_member = "slot"};
    }

    std::vector<Job> jobs(const std::string& type) {
        auto jobs = memory.list({.type = type, .limit = 100'000}).jobs;
        std::ranges::reverse(jobs);
        return jobs;
    }
    std::vector<Job> fired() { return jobs("report"); }

    Texts fired_slots() {
        Texts slots;
        for (const auto& job : fired())
            slots.emplace_back(json::to_value(job.input).at("slot").as_string());
        return slots;
    }

    ScheduleStatus status_of(const std::string& name) {
        for (const auto& status : scheduler.list())
            if (status.name == name) return status;
        throw std::logic_error("no such schedule");
    }

    void pass(Duration time) { simulation.run_for(time); }
};

Timestamp at(std::string_view text) { return parse_rfc3339(text).value(); }

/// Every minute of 01:01, 01:02, ... up to `last`.
Texts minutes_up_to(int last) {
    Texts slots;
    for (int minute = 1; minute <= last; ++minute)
        slots.push_back(fmt::format("2025-01-08T01:{:02}:00Z", minute));
    return slots;
}

TEST_CASE_FIXTURE(ScheduledWorld, "a slot's job is submitted when the slot comes, and runs") {
    Executor executor(store, process, options());
    executor.handle("report", [](const JsonText& input, ProgressReporter&) { return input; });
    executor.start();
    scheduler.start();
    scheduler.set("reports", report("30 * * * *"));
    pass(30min - 1ms);
    CHECK(fired().empty());
    pass(at_once);
    CHECK(fired_slots() == Texts{"2025-01-08T01:30:00Z"});
    CHECK(finishes(fired().front().id, at_once));
    pass(1h);
    CHECK(fired_slots() == Texts{"2025-01-08T01:30:00Z", "2025-01-08T02:30:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a slot fires once, whoever runs a scheduler") {
    Scheduler second(store, new_process(), {.poll_every = 1s});
    Scheduler third(store, new_process(), {.poll_every = 1s});
    for (auto* one : {&scheduler, &second, &third}) {
        one->set("reports", report("* * * * *"));
        one->start();
    }
    pass(20min + 1s);
    CHECK(fired_slots() == minutes_up_to(20));
}

TEST_CASE_FIXTURE(ScheduledWorld, "the submitted job is as the schedule says") {
    scheduler.start();
    auto schedule = report("* * * * *");
    schedule.job = {.type = "report",
                    .input = JsonText::parse(R"({"month" : 7})"),
                    .metadata = JsonText::parse(R"({"team" : "x"})"),
                    .queue = "slow",
                    .owner = "anna",
                    .priority = 7,
                    .max_attempts = 3,
                    .start_within = 10min,
                    .timeout = 90s,
                    .retention = 24h,
                    .unique_key = "one-report",
                    .limit_key = "printer"};
    schedule.slot_member.clear();
    scheduler.set("reports", schedule);
    pass(1min + at_once);
    REQUIRE(fired().size() == 1);
    const auto job = fired().front();
    CHECK(job.input.text() == R"({"month" : 7})");
    CHECK(job.metadata.text() == R"({"team" : "x"})");
    CHECK(job.queue == "slow");
    CHECK(job.owner == "anna");
    CHECK(job.priority == 7);
    CHECK(job.max_attempts == 3);
    CHECK(job.deadline == job.run_at + 10min);
    CHECK(job.timeout == 90s);
    CHECK(job.retention == 24h);
    CHECK(job.unique_key == "one-report");
    CHECK(job.limit_key == "printer");
}

struct MonthlyReport {
    static constexpr std::string_view type = "report";
    std::string format = "pdf";
    Timestamp slot = {};
};
BOOST_DESCRIBE_STRUCT(MonthlyReport, (), (format, slot))

TEST_CASE_FIXTURE(ScheduledWorld, "a described struct is the job's input, and reads its slot") {
    scheduler.start();
    scheduler.set("reports", MonthlyReport{.format = "csv"},
                  {.cron = Cron("* * * * *"), .slot_member = "slot"});
    pass(1min + at_once);
    REQUIRE(fired().size() == 1);
    const auto input = json::parse<MonthlyReport>(fired().front().input);
    CHECK(input.format == "csv");
    CHECK(input.slot == at("2025-01-08T01:01:00Z"));
}

TEST_CASE_FIXTURE(ScheduledWorld, "slots are those of the schedule's zone") {
    scheduler.start();
    auto schedule = report("0 3 * * *");
    schedule.cron = Cron("0 3 * * *", "Europe/Berlin");
    scheduler.set("reports", schedule);
    pass(1h + at_once);
    CHECK(fired_slots() == Texts{"2025-01-08T02:00:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "setting the same again changes nothing") {
    scheduler.set("reports", report("0 3 * * *"));
    const auto before = jobs("asyncjobs.schedule");
    pass(30min);
    scheduler.set("reports", report("0 3 * * *"));
    const auto after = jobs("asyncjobs.schedule");
    REQUIRE(after.size() == 1);
    CHECK(after.front().revision == before.front().revision);
    CHECK(after.front().run_at == at("2025-01-08T03:00:00Z"));
}

TEST_CASE_FIXTURE(ScheduledWorld, "another job keeps the next slot, even one that has come") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "another cron begins with its own next slot") {
    scheduler.start();
    scheduler.set("reports", report("0 3 * * *"));
    pass(30min);
    scheduler.set("reports", report("45 * * * *"));
    CHECK(status_of("reports").next_slot == at("2025-01-08T01:45:00Z"));
    pass(15min + at_once);
    CHECK(fired_slots() == Texts{"2025-01-08T01:45:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a paused schedule does not fire, and makes up for nothing") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "a schedule can be triggered, besides its slots") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "a removed schedule does not fire, and may come back") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "what is removed and set again while no scheduler runs, is set") {
    scheduler.set("reports", report("* * * * *"));
    scheduler.remove("reports");
    scheduler.set("reports", report("*/5 * * * *"));
    scheduler.start();
    pass(5min + at_once);
    CHECK(fired_slots() == Texts{"2025-01-08T01:05:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a removed schedule leaves no job that waits") {
    scheduler.set("reports", report("* * * * *"));
    scheduler.remove("reports");
    scheduler.remove("never-there");
    scheduler.start();
    pass(at_once);
    for (const auto& job : jobs("asyncjobs.schedule")) CHECK(job.status == JobStatus::completed);
}

TEST_CASE_FIXTURE(ScheduledWorld, "what nobody set is not found") {
    const auto refuses = [&](auto call) {
        return has(refusal(Errc::not_found, call), "there is no schedule reports");
    };
    CHECK(refuses([&] { scheduler.pause("reports"); }));
    CHECK(refuses([&] { scheduler.resume("reports"); }));
    CHECK(refuses([&] { scheduler.trigger("reports"); }));
    CHECK(scheduler.list().empty());
}

TEST_CASE_FIXTURE(ScheduledWorld, "the list tells how each schedule stands, by name") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "a list may be longer than a page of the store") {
    std::set<std::string> names;
    for (int i = 0; i < 120; ++i) {
        names.insert(fmt::format("schedule-{}", i));
        scheduler.set(fmt::format("schedule-{}", i), report("* * * * *"));
    }
    std::set<std::string> listed;
    for (const auto& status : scheduler.list()) listed.insert(status.name);
    CHECK(listed == names);
}

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

TEST_CASE_FIXTURE(AfterAnOutage, "the latest missed slot can stand for all") {
    CHECK(slots_fired_with(MissedSlots::run_once) ==
          Texts{"2025-01-08T01:09:00Z", "2025-01-08T01:10:00Z"});
}

TEST_CASE_FIXTURE(AfterAnOutage, "missed slots can all fire, up to an age") {
    CHECK(slots_fired_with(MissedSlots::backfill) ==
          Texts{"2025-01-08T01:06:00Z", "2025-01-08T01:07:00Z", "2025-01-08T01:08:00Z",
                "2025-01-08T01:09:00Z", "2025-01-08T01:10:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "one unique key for all slots keeps runs from overlapping") {
    scheduler.start();
    auto schedule = report("* * * * *");
    schedule.job.unique_key = "report";
    scheduler.set("reports", schedule);
    pass(3min + at_once);
    REQUIRE(fired_slots() == minutes_up_to(1)); // nobody runs it
    client.cancel(fired().front().id);
    pass(1min);
    CHECK(fired_slots() == Texts{"2025-01-08T01:01:00Z", "2025-01-08T01:04:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a slot whose job is there already submits no second one") {
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    client.submit({.id = schedules::job_id_of("reports", at("2025-01-08T01:01:00Z")),
                   .type = "report",
                   .input = JsonText::parse(R"({"slot":"there"})")});
    pass(2min + at_once);
    CHECK(fired_slots() == Texts{"there", "2025-01-08T01:02:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a process that dies while it fires leaves the slot to others") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "lost answers of the store fire no slot twice, and none never") {
    int calls = 0;
    scheduler.set("reports", report("* * * * *"));
    plan = [&](std::string_view) { return ++calls % 2 == 0 ? Fault::answer_lost : Fault::none; };
    scheduler.start();
    pass(30min + 10s);
    CHECK(calls > 30);
    CHECK(fired_slots() == minutes_up_to(30));
}

TEST_CASE_FIXTURE(ScheduledWorld, "an outage of the store delays a slot, and no more") {
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

/// Has the process claim the job of the slot at 01:01 and sleep 5 s before it handles it.
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

TEST_CASE_FIXTURE(WhileItFires, "a change gives up when the schedule stays claimed") {
    process->crash();
    const auto begun = now();
    const auto call = [&] { other.remove("reports"); }; // nobody runs to rescue it
    CHECK(has(refusal(Errc::conflict, call), "reports has been firing for too long"));
    CHECK(now() - begun < 31s);
}

TEST_CASE("the store's clock decides what was missed") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "a schedule that can't be read here is left to others") {
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    const auto known = jobs("asyncjobs.schedule").front().input;
    auto text = known.text();
    text.replace(text.find("\"UTC\""), 5, "\"Mars/Olympus\"");
    const auto put = [&](JsonText input) {
        const NewJob job{.id = JobId::make({}, 1, 1),
                         .type = "asyncjobs.schedule",
                         .input = std::move(input),
                         .queue = "asyncjobs.schedules",
                         .run_at = at("2025-01-08T01:01:00Z"),
                         .unique_key = "schedule:reports",
                         .on_conflict = OnConflict::replace};
        return memory.submit({&job, 1}).front().outcome;
    };
    REQUIRE(put(JsonText::parse(text)) == Submitted::Outcome::replaced);
    pass(1min + 10s);
    CHECK(fired().empty());
    CHECK(logged("a schedule can't be read") == 1);
    CHECK(logged("Mars/Olympus") == 1);
    REQUIRE(put(known) == Submitted::Outcome::replaced);
    store.notifier().ready("asyncjobs.schedules");
    pass(at_once);
    CHECK(fired_slots() == minutes_up_to(1));
}

TEST_CASE_FIXTURE(ScheduledWorld, "a name has the rule of types and queues") {
    const auto refuses = [&](const std::string& name) {
        return has(refusal(Errc::invalid_argument, [&] { scheduler.set(name, report("@daily")); }),
                   "a schedule's name is \"" + name.substr(0, 100) + "\"");
    };
    CHECK(refuses(""));
    CHECK(refuses("every night"));
    CHECK(refuses(std::string(101, 'n')));
    CHECK_NOTHROW(scheduler.set(std::string(100, 'n'), report("@daily")));
    CHECK_THROWS_AS(scheduler.pause("every night"), Error);
    CHECK_THROWS_AS(scheduler.remove("every night"), Error);
}

TEST_CASE_FIXTURE(ScheduledWorld, "a bad schedule is refused by member, value and rule") {
    const auto refuses = [&](auto spoil, const std::string& part) {
        auto schedule = report("@daily");
        spoil(schedule);
        return has(refusal(Errc::invalid_argument, [&] { scheduler.set("reports", schedule); }),
                   part);
    };
    CHECK(refuses([](Schedule& it) { it.job.type = ""; }, "type is \"\""));
    CHECK(refuses([](Schedule& it) { it.job.id = JobId::make({}, 1, 1); }, "job.id is job-"));
    CHECK(refuses([](Schedule& it) { it.job.run_at = at("2025-01-08T01:00:00Z"); },
                  "job.run_at is 2025-01-08T01:00:00Z, but must be left as it is"));
    CHECK(refuses([](Schedule& it) { it.job.deadline = at("2025-01-08T01:00:00Z"); },
                  "job.deadline is 2025-01-08T01:00:00Z"));
    CHECK(refuses([](Schedule& it) { it.job.unique_by = UniqueBy{.owner = true}; },
                  "job.unique_by is set"));
    CHECK(
        refuses([](Schedule& it) { it.job.idempotency_key = "k"; }, "job.idempotency_key is set"));
    CHECK(refuses([](Schedule& it) { it.job.after = {JobId::make({}, 1, 1)}; },
                  "job.after is not empty"));
    CHECK(refuses([](Schedule& it) { it.job.delay = 1s; }, "job.delay is 1000000 us"));
    CHECK(refuses([](Schedule& it) { it.late_after = 999ms; },
                  "late_after is 999000 us, but must be from 1000000 us"));
    CHECK(refuses([](Schedule& it) { it.late_after = std::chrono::days{31}; }, "late_after is"));
    CHECK(refuses([](Schedule& it) { it.backfill_for = 59s; },
                  "backfill_for is 59000000 us, but must be from 60000000 us"));
    CHECK(refuses([](Schedule& it) { it.cron = Cron("0 0 30 2 *"); },
                  "cron is \"0 0 30 2 *\", but must have a slot"));
    CHECK(refuses([](Schedule& it) { it.job.input = JsonText::parse("[]"); },
                  "slot_member is \"slot\", but the job's input must be an object"));
    CHECK(scheduler.list().empty());
}

TEST_CASE_FIXTURE(ScheduledWorld, "bad options are refused by name") {
    CHECK(
        has(refusal(Errc::invalid_argument, [&] { Scheduler(store, process, {.poll_every = 0s}); }),
            "poll_every"));
    CHECK(
        has(refusal(Errc::invalid_argument, [&] { Scheduler(store, process, {.lease_for = 1ms}); }),
            "lease_for"));
}

TEST_CASE_FIXTURE(ScheduledWorld, "a scheduler that was stopped fires no more") {
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    pass(1min + at_once);
    scheduler.stop();
    pass(5min);
    CHECK(fired_slots() == minutes_up_to(1));
}

} // namespace
