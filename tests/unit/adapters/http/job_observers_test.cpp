#include "observe/job_observers.hpp"

#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

struct Listener final : http::JobObserver {
    void on_change(const std::optional<Job>& job) override {
        statuses.push_back(job ? std::optional(job->status) : std::nullopt);
    }
    Duration on_time() override {
        ++times;
        return again;
    }
    void on_end() override { ++ends; }

    std::vector<std::optional<JobStatus>> statuses = {};
    int times = 0;
    int ends = 0;
    Duration again = {};
};

struct FollowedJob {
    testing::Simulation simulation{1};
    MemoryJobStore store{[this] { return simulation.wall_clock(); }};
    std::shared_ptr<testing::SimulatedRuntime> runtime =
        std::make_shared<testing::SimulatedRuntime>(simulation);
    Client client{store, runtime};
    http::JobObservers observers{client, runtime};
    JobId id = client.submit(NewJob{.type = "note"}).id;
};

} // namespace

TEST_CASE("an observer is notified of the job's state and of each change") {
    FollowedJob place;
    const auto listener = std::make_shared<Listener>();
    place.observers.join(listener, place.id, 1h);
    place.simulation.run_for(1s);
    place.client.cancel(place.id);
    place.simulation.run_for(1s);
    CHECK(listener->statuses ==
          std::vector{std::optional(JobStatus::pending), std::optional(JobStatus::cancelled)});
    CHECK(listener->times == 0);
}

TEST_CASE("an observer is called when its time has passed, and again on request") {
    FollowedJob place;
    const auto once = std::make_shared<Listener>();
    const auto often = std::make_shared<Listener>();
    often->again = 10s;
    place.observers.join(once, place.id, 20s);
    place.observers.join(often, place.id, 5s);
    place.simulation.run_for(26s);
    CHECK(once->times == 1);
    CHECK(often->times == 3);
}

TEST_CASE("an observer that has left is released at once and no longer called") {
    FollowedJob place;
    auto listener = std::make_shared<Listener>();
    const auto other = std::make_shared<Listener>();
    place.observers.join(listener, place.id, 5s);
    place.observers.join(other, place.id, 10s);
    place.simulation.run_for(1s);
    place.observers.leave(*listener);
    place.simulation.run_for(1h);
    CHECK(listener->times == 0);
    CHECK(other->times == 1);
    const std::weak_ptr<Listener> memory = listener;
    listener.reset();
    CHECK(memory.expired());
}

TEST_CASE("every observer is notified of the end, later ones when they join") {
    FollowedJob place;
    const auto early = std::make_shared<Listener>();
    const auto late = std::make_shared<Listener>();
    place.observers.join(early, place.id, 1h);
    CHECK(early->ends == 0);
    place.observers.end();
    CHECK(early->ends == 1);
    place.observers.join(late, place.id, 1h);
    CHECK(late->ends == 1);
    place.observers.close();
    place.simulation.run_for(2h);
    CHECK(early->times == 0);
}
