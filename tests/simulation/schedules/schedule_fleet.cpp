#include "schedule_fleet.hpp"

#include <asyncjobs/json.hpp>
#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <fmt/format.h>

#include <array>
#include <map>

namespace simulation {

using namespace asyncjobs;
using namespace std::chrono_literals;
using testing::FaultyJobStore;
using testing::SimulatedRuntime;
using testing::Simulation;

namespace {

std::string slot_of(const JsonText& input) {
    return std::string(json::to_value(input).at("slot").as_string());
}

/// Counts how often a slot's job was submitted with an accepted settlement. Counts by slot, not by
/// id, because ids would hide duplicates.
class Submissions final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto result = inner().exchange(settlements, request);
        for (std::size_t i = 0; i < settlements.size(); ++i)
            for (const auto& job : settlements[i].follow_ups())
                if (result.settled[i].accepted && job.type == "tick") ++counts_[slot_of(job.input)];
        return result;
    }

    const std::map<std::string, int>& counts() const noexcept { return counts_; }

private:
    std::map<std::string, int> counts_;
};

class ScheduleFleet {
public:
    ScheduleFleet(std::uint64_t seed, const Plant& plant)
        : world_(seed), truth_([this] { return world_.wall_clock(); }),
          planted_(plant ? plant(truth_) : nullptr),
          submissions_(planted_ ? *planted_ : static_cast<JobStore&>(truth_)),
          store_(submissions_, [this](std::string_view) { return draw_fault(); }),
          changes_(world_.chance(0.5)) {}

    std::vector<std::string> run() {
        for (auto& member : members_) start(member);
        const auto first_slot = cron_.next_after(world_.wall_clock()).value();
        members_.front().scheduler->set("ticks", schedule());
        faulty_ = world_.chance(0.75);
        const auto steps = 10 + world_.random() % 15;
        for (std::uint64_t i = 0; i < steps; ++i) step();

        faulty_ = false;
        for (auto& member : members_)
            if (!member.scheduler) start(member);
        world_.run_for(12s); // for jobs claimed by dead processes, and for the backlog
        // Half way between two slots, no firing is active.
        const auto now = world_.wall_clock();
        world_.run_for(cron_.next_after(now).value() + 500ms - now);
        check(first_slot);
        return std::move(violations_);
    }

private:
    struct Member {
        std::shared_ptr<SimulatedRuntime> process;
        std::unique_ptr<Scheduler> scheduler;
    };

    FaultyJobStore::Fault draw_fault() {
        using enum FaultyJobStore::Fault;
        if (!faulty_) return none;
        if (world_.now() >= outage_until_ && world_.chance(0.01))
            outage_until_ = world_.now() + world_.random_duration(10ms, 3s);
        if (world_.now() < outage_until_) return unavailable;
        if (world_.chance(0.04)) return reply_lost;
        if (world_.chance(0.02)) return lost_before;
        return world_.chance(0.02) ? busy : none;
    }

    /// No slot is missed, however long all processes are down.
    Schedule schedule() {
        return {.cron = cron_,
                .job = {.type = "tick",
                        .input = JsonText::trusted("{}"),
                        .owner = fmt::format("version-{}", version_)},
                .late_after = 1h,
                .slot_member = "slot"};
    }

    void start(Member& member) {
        member.process = std::make_shared<SimulatedRuntime>(world_);
        member.scheduler = std::make_unique<Scheduler>(
            store_, member.process, SchedulerOptions{.poll_every = 300ms, .lease_for = 1s});
        member.scheduler->start();
    }

    void step() {
        auto& member = members_[world_.random() % members_.size()];
        const auto dice = world_.random() % 100;
        if (dice < 25) {
            crash(member);
        } else if (dice < 55) {
            if (!member.scheduler) start(member);
        } else if (dice < 75) {
            member.process->pause(world_.random_duration(50ms, 3s));
        } else if (dice < 85 && member.scheduler) {
            member.scheduler->stop();
            member.scheduler.reset();
        } else if (changes_ && member.scheduler) {
            change(*member.scheduler);
        }
        world_.run_for(world_.random_duration(0ms, 2s));
    }

    void crash(Member& member) {
        if (!member.scheduler) return;
        member.process->crash();
        member.scheduler.reset();
    }

    void change(Scheduler& scheduler) {
        ++version_;
        try {
            scheduler.set("ticks", schedule());
        } catch (const Error&) {
            // Whether it happened or not, the slots are the same.
        }
    }

    void check(Timestamp first_slot) {
        std::map<std::string, int> jobs;
        for (const auto& job : truth_.list({.type = "tick", .limit = 10'000}).jobs)
            ++jobs[slot_of(job.input)];
        std::size_t slots = 0;
        for (auto slot = first_slot; slot < world_.wall_clock(); ++slots) {
            const auto text = to_rfc3339(slot);
            if (jobs[text] != 1)
                violations_.push_back(fmt::format("{} has {} jobs", text, jobs[text]));
            slot = cron_.next_after(slot).value();
        }
        if (jobs.size() != slots)
            violations_.push_back(fmt::format("{} slots have jobs, of {}", jobs.size(), slots));
        // A change concurrent with a firing may repeat a slot, whose job's id is then taken.
        if (changes_) return;
        for (const auto& [slot, count] : submissions_.counts())
            if (count != 1)
                violations_.push_back(fmt::format("{} was submitted {} times", slot, count));
    }

    Simulation world_;
    MemoryJobStore truth_;
    std::unique_ptr<JobStore> planted_;
    Submissions submissions_;
    FaultyJobStore store_;
    const bool changes_;
    bool faulty_ = false;
    int version_ = 0;
    SteadyTime outage_until_ = {};
    const Cron cron_{"* * * * * *"};
    std::vector<std::string> violations_;
    std::array<Member, 3> members_;
};

} // namespace

std::vector<std::string> run_schedule_fleet(std::uint64_t seed, const Plant& plant) {
    return ScheduleFleet(seed, plant).run();
}

} // namespace simulation
