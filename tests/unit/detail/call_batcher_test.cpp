#include <asyncjobs/detail/call_batcher.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <utility>

using namespace asyncjobs;

namespace {

using Calls = detail::CallBatcher<int, int>;

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
        calls.enqueue(item, [this, item](Calls::ItemOutcome outcome) {
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
    const auto count = [&](Calls::ItemOutcome) { ++completed; };
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
    const auto keep = [&](Calls::ItemOutcome outcome) { results.push_back(outcome.take()); };
    place.during = [&] { calls.enqueue(2, keep); };
    calls.enqueue(1, keep);
    CHECK(place.made == std::vector<std::vector<int>>{{1}, {2}});
    CHECK(results == std::vector{20, 10});
}

TEST_CASE("posted calls leave the thread of enqueue(), and share one call") {
    CallDesk place;
    Calls calls({.runtime = *place.runtime,
                 .post = [&](Task task) { place.posted.push_back(task); },
                 .posts = true},
                [&](std::span<const int> items) { return place.call(items); });
    int completed = 0;
    const auto count = [&](Calls::ItemOutcome) { ++completed; };
    calls.enqueue(1, count);
    calls.enqueue(2, count);
    CHECK(place.made.empty());
    place.run_posted();
    CHECK(place.made == std::vector<std::vector<int>>{{1, 2}});
    CHECK(completed == 2);
}

TEST_CASE("a caller that waits makes the call that was posted for others") {
    CallDesk place;
    Calls calls({.runtime = *place.runtime,
                 .post = [&](Task task) { place.posted.push_back(task); },
                 .posts = true},
                [&](std::span<const int> items) { return place.call(items); });
    int result = 0;
    calls.enqueue(1, [&](Calls::ItemOutcome outcome) { result = outcome.take(); });
    CHECK(calls.call(2) == 20);
    CHECK(result == 10);
    place.run_posted();
    CHECK(place.made == std::vector<std::vector<int>>{{2, 1}});
}

TEST_CASE("a call that can't be posted fails its items, and the next one proceeds") {
    CallDesk place;
    bool is_full = true;
    Calls calls({.runtime = *place.runtime,
                 .post =
                     [&](Task task) {
                         if (is_full) throw std::bad_alloc();
                         place.posted.push_back(task);
                     },
                 .posts = true},
                [&](std::span<const int> items) { return place.call(items); });
    int result = 0;
    const auto keep = [&](Calls::ItemOutcome outcome) { result = outcome.take(); };
    bool failed = false;
    calls.enqueue(1, [&](Calls::ItemOutcome outcome) { failed = bool(outcome.error); });
    CHECK(failed);
    is_full = false;
    calls.enqueue(2, keep);
    place.run_posted();
    CHECK(result == 20);
}
