#include "slots.hpp"

#include "times.hpp"

#include <asyncjobs/json.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs;
using namespace asyncjobs::schedules;
using namespace std::chrono_literals;

namespace {

Schedule hourly(MissedSlots missed) {
    return {.cron = Cron("@hourly"),
            .job = {.type = "report"},
            .missed = missed,
            .late_after = 5min,
            .backfill_for = 3h};
}

Firing fires(std::string_view slot, std::string_view next) { return {at(slot), at(next)}; }

const auto due = at("2024-01-01T03:00:00Z");

TEST_CASE("a slot that is handled in time fires, and the schedule waits for the next one") {
    for (const auto missed : {MissedSlots::skip, MissedSlots::run_once, MissedSlots::backfill})
        for (const auto delay : {Duration{0}, Duration{1s}, Duration{5min}})
            CHECK(decide(hourly(missed), due, due + delay) ==
                  fires("2024-01-01T03:00:00Z", "2024-01-01T04:00:00Z"));
}

TEST_CASE("a slot that is handled before its time does not fire, and the schedule waits for the "
          "next one") {
    for (const auto missed : {MissedSlots::skip, MissedSlots::run_once, MissedSlots::backfill}) {
        CHECK(decide(hourly(missed), due, due - 1us) == Firing{{}, due});
        CHECK(decide(hourly(missed), due, at("2023-12-01T01:30:00Z")) ==
              Firing{{}, at("2023-12-01T02:00:00Z")});
    }
}

TEST_CASE("skip drops missed slots, but not slots that are still in time") {
    const auto schedule = hourly(MissedSlots::skip);
    CHECK(decide(schedule, due, at("2024-01-01T03:05:00.000001Z")) ==
          Firing{{}, at("2024-01-01T04:00:00Z")});
    CHECK(decide(schedule, due, at("2024-01-01T05:59:00Z")) ==
          Firing{{}, at("2024-01-01T06:00:00Z")});
    CHECK(decide(schedule, due, at("2024-01-01T06:05:00Z")) ==
          Firing{{}, at("2024-01-01T06:00:00Z")});
}

TEST_CASE("run_once fires the latest missed slot") {
    const auto schedule = hourly(MissedSlots::run_once);
    CHECK(decide(schedule, due, at("2024-01-01T03:30:00Z")) ==
          fires("2024-01-01T03:00:00Z", "2024-01-01T04:00:00Z"));
    CHECK(decide(schedule, due, at("2024-01-01T05:59:00Z")) ==
          fires("2024-01-01T05:00:00Z", "2024-01-01T06:00:00Z"));
    CHECK(decide(schedule, due, at("2024-01-01T06:05:00Z")) ==
          fires("2024-01-01T05:00:00Z", "2024-01-01T06:00:00Z"));
}

TEST_CASE("run_once finds the latest slot among millions, and among few") {
    auto schedule = hourly(MissedSlots::run_once);
    const auto now = at("2024-12-31T12:30:00Z");
    schedule.cron = Cron("* * * * * *");
    CHECK(decide(schedule, due, now) == fires("2024-12-31T12:24:59Z", "2024-12-31T12:25:00Z"));
    schedule.cron = Cron("0 3 1 1,9 *");
    CHECK(decide(schedule, due, now) == fires("2024-09-01T03:00:00Z", "2025-01-01T03:00:00Z"));
}

TEST_CASE("backfill fires each missed slot, oldest first") {
    const auto schedule = hourly(MissedSlots::backfill);
    CHECK(decide(schedule, due, at("2024-01-01T05:59:00Z")) ==
          fires("2024-01-01T03:00:00Z", "2024-01-01T04:00:00Z"));
    CHECK(decide(schedule, due, at("2024-01-01T06:00:00Z")) ==
          fires("2024-01-01T03:00:00Z", "2024-01-01T04:00:00Z"));
}

TEST_CASE("backfill drops slots older than backfill_for") {
    auto schedule = hourly(MissedSlots::backfill);
    CHECK(decide(schedule, due, at("2024-01-01T09:30:00Z")) ==
          fires("2024-01-01T07:00:00Z", "2024-01-01T08:00:00Z"));
    CHECK(decide(schedule, due, at("2024-01-01T09:00:00Z")) ==
          fires("2024-01-01T06:00:00Z", "2024-01-01T07:00:00Z"));
    schedule.cron = Cron("0 3 * * *");
    CHECK(decide(schedule, due, at("2024-01-01T09:30:00Z")) ==
          Firing{{}, at("2024-01-02T03:00:00Z")});
}

TEST_CASE("a schedule without a further slot ends") {
    auto schedule = hourly(MissedSlots::run_once);
    schedule.cron = Cron("0 0 31 12 *");
    const auto last = at("9999-12-31T00:00:00Z");
    CHECK(decide(schedule, last, last) == Firing{last, {}});
    schedule.missed = MissedSlots::skip;
    CHECK(decide(schedule, last, last + 1h) == Firing{});
}

TEST_CASE("a slot's job is the schedule's, with the slot in its input if requested") {
    auto schedule = hourly(MissedSlots::skip);
    schedule.job.input = JsonText::parse(R"({"a": 1.0, "for":"?"})");
    CHECK(job_of(schedule, due).input == schedule.job.input);
    schedule.slot_member = "for";
    const auto job = job_of(schedule, due);
    CHECK(job.type == "report");
    const auto input = json::to_value(job.input);
    CHECK(input.at("for") == "2024-01-01T03:00:00Z");
    CHECK(input.at("a") == 1.0);
}

TEST_CASE("the id of a slot's job depends only on the name and the slot") {
    const auto id = job_id_of("nightly", due);
    CHECK(JobId::parse(id.text()) == id);
    CHECK(job_id_of("nightly", due) == id);
    CHECK(job_id_of("nightly2", due) != id);
    CHECK(job_id_of("nightly", due + 1s) != id);
    CHECK(id.text().starts_with("job-20240101-"));
}

} // namespace
