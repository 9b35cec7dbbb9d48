#pragma once

#include "../../simulated_world.hpp"
#include "times.hpp"

#include <asyncjobs/schedules/scheduler.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The world begins on 2025-01-08 at 01:00 UTC.
struct ScheduledWorld : World {
    using Process = std::shared_ptr<testing::SimulatedRuntime>;

    Scheduler scheduler{store, process, scheduler_options()};

    /// The scheduler outlives the data of a test's plan.
    ~ScheduledWorld() { plan = {}; }

    /// Nothing happens by polling.
    SchedulerOptions scheduler_options() {
        return {.poll_every = 1h, .log = [this](const LogEntry& entry) { log.push_back(entry); }};
    }

    Process new_process() { return std::make_shared<testing::SimulatedRuntime>(simulation); }

    /// The input of a slot's job holds the slot.
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

/// Every minute of 01:01, 01:02, ... up to `last`.
inline Texts minutes_up_to(int last) {
    Texts slots;
    for (int minute = 1; minute <= last; ++minute)
        slots.push_back(fmt::format("2025-01-08T01:{:02}:00Z", minute));
    return slots;
}
