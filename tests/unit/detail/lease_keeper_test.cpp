#include "../simulated_world.hpp"

#include <asyncjobs/detail/lease_keeper.hpp>

namespace {

using detail::Attempt;
using detail::LeaseKeeper;
using detail::StopReason;

struct KeptLeases : World {
    std::unique_ptr<Lane> lane = process->make_lane(1);
    detail::Attempts jobs = {};
    std::vector<std::shared_ptr<Attempt>> given_up = {};
    std::function<void()> on_look = [] {};
    LeaseKeeper keeper{*process,
                       store,
                       *lane,
                       {.lease_for = 8s, .report_every = 1s, .timeout_grace = 2s},
                       {.under_way =
                            [this] {
                                const auto found = jobs;
                                on_look();
                                return found;
                            },
                        .give_up = [this](const auto& job) { given_up.push_back(job); },
                        .on_beat = [] {}}};

    std::shared_ptr<Attempt> claim() {
        submit();
        const std::vector<std::string> queues{"default"};
        auto claimed =
            memory.claim({.worker = "w", .queues = queues, .limit = 1, .lease_for = 8s}).claimed;
        return std::make_shared<Attempt>(std::move(claimed.at(0)), now());
    }

    void pass(Duration time) {
        until([] { return false; }, time);
    }
};

TEST_CASE_FIXTURE(KeptLeases, "a lease is renewed once a third of it is over") {
    jobs = {claim()};
    keeper.wake();
    pass(1min);
    CHECK(memory.rescue(10, 3).empty());
    CHECK(now() - jobs[0]->renewed_at() < 8s / 3 + 1s + at_once);
    CHECK(jobs[0]->stop_reason() == StopReason::none);
}

TEST_CASE_FIXTURE(KeptLeases, "a lease taken over by another worker stops the handler") {
    jobs = {claim()};
    const auto lost = Settlement::released(jobs[0]->lease());
    memory.settle({&lost, 1});
    keeper.wake();
    pass(8s / 3 + 1s + at_once);
    CHECK(jobs[0]->stop_reason() == StopReason::lease_lost);
}

TEST_CASE_FIXTURE(KeptLeases,
                  "a lease that can't be renewed is relied on for three quarters of it") {
    jobs = {claim()};
    plan = [](std::string_view) { return Fault::unavailable; };
    const auto claimed = now();
    keeper.wake();
    CHECK(until([&] { return jobs[0]->stop_reason() == StopReason::lease_lost; }));
    CHECK(now() - claimed >= 6s);
    CHECK(now() - claimed <= 7s);
}

TEST_CASE_FIXTURE(KeptLeases, "a renewal counts from its request") {
    jobs = {claim()};
    keeper.wake();
    const auto before = jobs[0]->renewed_at();
    CHECK(until([&] { return jobs[0]->renewed_at() > before; }));
    CHECK(jobs[0]->renewed_at() <= now());
    CHECK(now() - jobs[0]->renewed_at() < at_once);
}

TEST_CASE_FIXTURE(KeptLeases,
                  "a handler is asked to stop at its timeout and abandoned after the grace") {
    jobs = {claim()};
    jobs[0]->start(now(), 3s);
    keeper.wake();
    pass(2900ms);
    CHECK(jobs[0]->stop_reason() == StopReason::none);
    pass(1s);
    CHECK(jobs[0]->stop_reason() == StopReason::timed_out);
    CHECK(given_up.empty());
    pass(2s);
    CHECK(!given_up.empty());
}

TEST_CASE_FIXTURE(KeptLeases, "attempts without a start or a timeout do not time out") {
    jobs = {claim(), claim()};
    jobs[1]->start(now(), 0s);
    keeper.wake();
    pass(1h);
    CHECK(jobs[0]->stop_reason() == StopReason::none);
    CHECK(jobs[1]->stop_reason() == StopReason::none);
}

TEST_CASE_FIXTURE(KeptLeases, "a job added during an idle beat is renewed all the same") {
    jobs = {claim()};
    keeper.wake();
    const auto late = claim();
    jobs.clear();
    on_look = [&] {
        if (jobs.empty()) {
            jobs.push_back(late);
            keeper.wake();
        }
    };
    pass(1min);
    CHECK(now() - late->renewed_at() < 8s);
}

TEST_CASE_FIXTURE(KeptLeases, "the lease keeper rests without active jobs") {
    int looks = 0;
    on_look = [&] { ++looks; };
    keeper.wake();
    pass(1h);
    CHECK(looks == 1);
}

TEST_CASE_FIXTURE(KeptLeases, "progress is stored with the next beat and announced") {
    jobs = {claim()};
    std::vector<JobId> changed;
    const auto subscription = memory.notifier().on_changed(
        [&](std::span<const JobId> ids) { changed.insert(changed.end(), ids.begin(), ids.end()); });
    keeper.wake();
    jobs[0]->report(30, "reading");
    pass(1s + at_once);
    CHECK(find(jobs[0]->lease().id).progress == Progress{30, "reading"});
    CHECK(changed == std::vector{jobs[0]->lease().id});
}

TEST_CASE_FIXTURE(KeptLeases, "no beat follows a stop") {
    jobs = {claim()};
    int looks = 0;
    on_look = [&] { ++looks; };
    keeper.wake();
    keeper.stop();
    keeper.wake();
    pass(1min);
    CHECK(looks == 0);
}

} // namespace
