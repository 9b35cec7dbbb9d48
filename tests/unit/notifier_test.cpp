#include <asyncjobs/store/notifier.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

using namespace asyncjobs;

namespace {

const std::vector<JobId> two_ids = {JobId::make({}, 1, 1), JobId::make({}, 2, 2)};

struct Received {
    std::vector<std::string> queues;
    std::vector<JobId> changed, cancelled;
};

struct Listeners {
    Notifier notifier;
    Received received;

    auto on_changed() {
        return notifier.on_changed([this](std::span<const JobId> these) {
            received.changed.insert(received.changed.end(), these.begin(), these.end());
        });
    }
};

TEST_CASE_FIXTURE(Listeners, "each kind of hint reaches only its own listeners") {
    const auto ready =
        notifier.on_ready([&](std::string_view queue) { received.queues.emplace_back(queue); });
    const auto changed = on_changed();
    const auto cancelled = notifier.on_cancel_requested([&](std::span<const JobId> these) {
        received.cancelled.insert(received.cancelled.end(), these.begin(), these.end());
    });

    notifier.ready("reports");
    CHECK(received.queues == std::vector<std::string>{"reports"});
    CHECK(received.changed.empty());
    notifier.changed(two_ids);
    CHECK(received.changed == two_ids);
    CHECK(received.cancelled.empty());
    notifier.cancel_requested(two_ids[1]);
    CHECK(received.cancelled == std::vector<JobId>{two_ids[1]});
    CHECK(received.changed == two_ids);
    CHECK(received.queues.size() == 1);
}

TEST_CASE_FIXTURE(Listeners, "a hint without a listener is dropped") {
    notifier.ready("reports");
    notifier.changed(two_ids);
    const auto late = on_changed();
    CHECK(received.changed.empty());
}

TEST_CASE_FIXTURE(Listeners, "every listener receives a hint") {
    const auto first = on_changed();
    const auto second = on_changed();
    notifier.changed({two_ids.data(), 1});
    CHECK(received.changed.size() == 2);
}

TEST_CASE_FIXTURE(Listeners, "a subscription ends with its destruction") {
    {
        const auto subscription = on_changed();
        notifier.changed(two_ids);
    }
    notifier.changed(two_ids);
    CHECK(received.changed.size() == two_ids.size());
}

TEST_CASE_FIXTURE(Listeners, "a subscription is movable, and assignment ends the old one") {
    auto first = on_changed();
    auto moved = std::move(first);
    notifier.changed({two_ids.data(), 1});
    CHECK(received.changed.size() == 1);
    moved = notifier.on_changed([](std::span<const JobId>) {});
    notifier.changed({two_ids.data(), 1});
    CHECK(received.changed.size() == 1);
}

TEST_CASE_FIXTURE(Listeners, "a notifier is watched while changes have subscribers") {
    CHECK_FALSE(notifier.is_watched());
    const auto ready = notifier.on_ready([](std::string_view) {});
    CHECK_FALSE(notifier.is_watched());
    {
        const auto subscription = on_changed();
        CHECK(notifier.is_watched());
    }
    CHECK_FALSE(notifier.is_watched());
}

TEST_CASE("a subscription may outlive its notifier") {
    Notifier::Subscription subscription;
    {
        Notifier notifier;
        subscription = notifier.on_ready([](std::string_view) {});
    }
    subscription = {};
}

TEST_CASE("the end of a subscription waits for its running listener") {
    Notifier notifier;
    std::latch entered(1), released(1);
    std::atomic<bool> left = false;
    auto subscription = notifier.on_ready([&](std::string_view) {
        entered.count_down();
        released.wait();
        left = true;
    });
    std::jthread publisher([&] { notifier.ready("q"); });
    entered.wait();
    std::atomic<bool> left_before_end = false;
    std::latch ending(1);
    std::jthread ender([&] {
        ending.count_down();
        subscription = {};
        left_before_end = left.load();
    });
    ending.wait();
    released.count_down();
    publisher.join();
    ender.join();
    CHECK(left_before_end);
}

TEST_CASE("hints, subscriptions and their ends may be concurrent") {
    Notifier notifier;
    std::atomic<int> received = 0;
    const auto lasting = notifier.on_changed([&](std::span<const JobId>) { ++received; });
    constexpr int rounds = 500;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 2; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < rounds; ++i) notifier.changed(two_ids);
            });
            threads.emplace_back([&] {
                for (int i = 0; i < rounds; ++i) {
                    std::atomic<bool> alive = true;
                    const auto brief = notifier.on_changed([&](std::span<const JobId>) {
                        if (!alive) std::abort();
                    });
                }
            });
        }
    }
    CHECK(received == 2 * rounds);
}

TEST_CASE("a backend receives local hints, but not the ones it forwards") {
    Notifier notifier;
    std::vector<std::string> all, here;
    const auto listener = [](std::vector<std::string>& received) {
        return [&received](std::string_view queue) { received.emplace_back(queue); };
    };
    const auto id_listener = [](std::vector<std::string>& received) {
        return [&received](std::span<const JobId> changed) {
            received.emplace_back(changed.front().text());
        };
    };
    const JobId near = JobId::make({}, 0, 1), far = JobId::make({}, 0, 2);
    const auto ready = notifier.on_ready(listener(all));
    const auto cancel = notifier.on_cancel_requested(id_listener(all));
    {
        const auto ready_here = notifier.on_ready_here(listener(here));
        const auto cancel_here = notifier.on_cancel_requested_here(id_listener(here));
        notifier.ready("near");
        notifier.ready("far", Notifier::Origin::elsewhere);
        notifier.cancel_requested(near);
        notifier.cancel_requested(far, Notifier::Origin::elsewhere);
    }
    notifier.ready("late");
    CHECK(all == std::vector<std::string>{"near", "far", std::string(near.text()),
                                          std::string(far.text()), "late"});
    CHECK(here == std::vector<std::string>{"near", std::string(near.text())});
}

} // namespace
