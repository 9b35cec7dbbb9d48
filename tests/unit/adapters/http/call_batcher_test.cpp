#include "guard/call_batcher.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <utility>

using namespace asyncjobs;

namespace {

using Calls = http::CallBatcher<int, int>;

/// Calls on one thread; posted tasks run when the test runs them.
struct CallDesk {
    using Results = std::vector<std::pair<int, std::string>>;

    std::shared_ptr<Runtime> runtime = make_runtime();
    std::deque<Task> posted = {};
    std::vector<std::vector<int>> made = {};
    Results results = {};
    Task during = {}; ///< runs during the next call
    std::function<void(std::span<const int>)> fault = {};

    Calls calls{{.runtime = *runtime, .post = [this](Task task) { posted.push_back(task); }},
                [this](std::span<const int> items) { return call(items); }};

    std::vector<int> call(std::span<const int> items) {
        made.emplace_back(items.begin(), items.end());
        if (during) std::exchange(during, nullptr)();
        if (fault) fault(items);
        std::vector<int> tenfold;
        for (const int item : items) tenfold.push_back(10 * item);
        return tenfold;
    }

    void enqueue(int item) {
        calls.enqueue(item, [this, item](Calls::Outcome outcome) {
            try {
                results.emplace_back(item, std::to_string(outcome.take()));
            } catch (const std::exception& error) {
                results.emplace_back(item, error.what());
            }
        });
    }

    void run_posted() {
        while (!posted.empty()) {
            const auto task = std::move(posted.front());
            posted.pop_front();
            task();
        }
    }
};

} // namespace

TEST_CASE("a single item is called at once and gets its result") {
    CallDesk place;
    place.enqueue(1);
    place.enqueue(2);
    CHECK(place.made == std::vector<std::vector<int>>{{1}, {2}});
    CHECK(place.results == CallDesk::Results{{1, "10"}, {2, "20"}});
    CHECK(place.posted.empty());
}

TEST_CASE("items that arrive during a call share the next one, in another task") {
    CallDesk place;
    place.during = [&] {
        place.enqueue(2);
        place.enqueue(3);
        CHECK(place.made.size() == 1);
    };
    place.enqueue(1);
    CHECK(place.results == CallDesk::Results{{1, "10"}});
    place.run_posted();
    CHECK(place.made == std::vector<std::vector<int>>{{1}, {2, 3}});
    CHECK(place.results == CallDesk::Results{{1, "10"}, {2, "20"}, {3, "30"}});
}

TEST_CASE("no call has more items than the limit") {
    CallDesk place;
    Calls calls({.runtime = *place.runtime,
                 .post = [&](Task task) { place.posted.push_back(task); },
                 .limit = 2},
                [&](std::span<const int> items) { return place.call(items); });
    int completed = 0;
    const auto count = [&](Calls::Outcome) { ++completed; };
    place.during = [&] {
        for (int i = 2; i <= 6; ++i) calls.enqueue(i, count);
    };
    calls.enqueue(1, count);
    place.run_posted();
    CHECK(place.made == std::vector<std::vector<int>>{{1}, {2, 3}, {4, 5}, {6}});
    CHECK(completed == 6);
}

TEST_CASE("a retryable fault is the outcome of every item") {
    CallDesk place;
    place.during = [&] {
        place.enqueue(2);
        place.enqueue(3);
        place.fault = [](auto) { throw Error(Errc::store_unavailable, "away"); };
    };
    place.enqueue(1);
    place.run_posted();
    CHECK(place.made.size() == 2);
    CHECK(place.results.size() == 3);
    for (const auto& [item, text] : place.results) CHECK(text.starts_with("away"));
}

TEST_CASE("a permanent fault is the outcome of its item alone") {
    CallDesk place;
    place.fault = [](std::span<const int> items) {
        for (const int item : items)
            if (item == 2) throw Error(Errc::invalid_argument, "2 is no good");
    };
    place.during = [&] {
        for (int i = 2; i <= 4; ++i) place.enqueue(i);
    };
    place.enqueue(1);
    place.run_posted();
    REQUIRE(place.results.size() == 4);
    CHECK(place.results[1].second.starts_with("2 is no good"));
    CHECK(place.results[2] == std::pair(3, std::string("30")));
    CHECK(place.results[3] == std::pair(4, std::string("40")));
}

TEST_CASE("unshared calls are made at once") {
    CallDesk place;
    Calls calls({.runtime = *place.runtime, .post = {}, .shares = false},
                [&](std::span<const int> items) { return place.call(items); });
    std::vector<int> results;
    const auto keep = [&](Calls::Outcome outcome) { results.push_back(outcome.take()); };
    place.during = [&] { calls.enqueue(2, keep); };
    calls.enqueue(1, keep);
    CHECK(place.made == std::vector<std::vector<int>>{{1}, {2}});
    CHECK(results == std::vector{20, 10});
}
