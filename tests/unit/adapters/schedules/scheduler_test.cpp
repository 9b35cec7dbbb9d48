#include "../../thrown.hpp"
#include "scheduled_world.hpp"
#include "slots.hpp"

namespace {

TEST_CASE_FIXTURE(ScheduledWorld, "a slot's job is submitted when the slot is due, and runs") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "a slot fires once, however many processes run a scheduler") {
    Scheduler second(store, new_process(), {.poll_every = 1s});
    Scheduler third(store, new_process(), {.poll_every = 1s});
    for (auto* one : {&scheduler, &second, &third}) {
        one->set("reports", report("* * * * *"));
        one->start();
    }
    pass(20min + 1s);
    CHECK(fired_slots() == minutes_up_to(20));
}

TEST_CASE_FIXTURE(ScheduledWorld, "the submitted job has the members of the schedule's job") {
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

TEST_CASE_FIXTURE(ScheduledWorld, "one unique key for all slots keeps runs from overlapping") {
    scheduler.start();
    auto schedule = report("* * * * *");
    schedule.job.unique_key = "report";
    scheduler.set("reports", schedule);
    pass(3min + at_once);
    REQUIRE(fired_slots() == minutes_up_to(1)); // no worker runs it
    client.cancel(fired().front().id);
    pass(1min);
    CHECK(fired_slots() == Texts{"2025-01-08T01:01:00Z", "2025-01-08T01:04:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a slot whose job exists already submits no second one") {
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    client.submit({.id = schedules::job_id_of("reports", at("2025-01-08T01:01:00Z")),
                   .type = "report",
                   .input = JsonText::parse(R"({"slot":"there"})")});
    pass(2min + at_once);
    CHECK(fired_slots() == Texts{"there", "2025-01-08T01:02:00Z"});
}

TEST_CASE_FIXTURE(ScheduledWorld, "a schedule that is unreadable here is left to other processes") {
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
    CHECK(logged("schedule unreadable") == 1);
    CHECK(logged("Mars/Olympus") == 1);
    REQUIRE(put(known) == Submitted::Outcome::replaced);
    store.notifier().ready("asyncjobs.schedules");
    pass(at_once);
    CHECK(fired_slots() == minutes_up_to(1));
}

TEST_CASE_FIXTURE(ScheduledWorld, "a name follows the rule of types and queues") {
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

TEST_CASE_FIXTURE(ScheduledWorld,
                  "the refusal of a bad schedule names the member, its value and the rule") {
    const auto refuses = [&](auto spoil, const std::string& part) {
        auto schedule = report("@daily");
        spoil(schedule);
        return has(refusal(Errc::invalid_argument, [&] { scheduler.set("reports", schedule); }),
                   part);
    };
    CHECK(refuses([](Schedule& it) { it.job.type = ""; }, "type is \"\""));
    CHECK(refuses([](Schedule& it) { it.job.id = JobId::make({}, 1, 1); }, "job.id is job-"));
    CHECK(refuses([](Schedule& it) { it.job.run_at = at("2025-01-08T01:00:00Z"); },
                  "job.run_at is 2025-01-08T01:00:00Z, but must be unset"));
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

TEST_CASE_FIXTURE(ScheduledWorld, "the refusal of bad options names the option") {
    CHECK(
        has(refusal(Errc::invalid_argument, [&] { Scheduler(store, process, {.poll_every = 0s}); }),
            "poll_every"));
    CHECK(
        has(refusal(Errc::invalid_argument, [&] { Scheduler(store, process, {.lease_for = 1ms}); }),
            "lease_for"));
}

TEST_CASE_FIXTURE(ScheduledWorld, "a stopped scheduler fires no slots") {
    scheduler.start();
    scheduler.set("reports", report("* * * * *"));
    pass(1min + at_once);
    scheduler.stop();
    pass(5min);
    CHECK(fired_slots() == minutes_up_to(1));
}

} // namespace
