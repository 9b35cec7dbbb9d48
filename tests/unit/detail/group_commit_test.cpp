#include <asyncjobs/detail/group_commit.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

using namespace asyncjobs;

namespace {

using Group = detail::GroupCommit<int, int>;

const auto real_runtime = make_runtime();

TEST_CASE("a lone caller commits its own item") {
    Group group(10, *real_runtime, [](std::span<const int> items) {
        return std::vector<int>(items.begin(), items.end());
    });
    CHECK(group.submit(1) == 1);
    CHECK(group.submit(2) == 2);
}

TEST_CASE("every caller gets its own item's result, and no commit exceeds the limit") {
    std::mutex mutex;
    std::size_t largest = 0, items_committed = 0;
    Group group(3, *real_runtime, [&](std::span<const int> items) {
        const std::lock_guard lock(mutex);
        largest = std::max(largest, items.size());
        items_committed += items.size();
        std::vector<int> results;
        for (const int item : items) results.push_back(10 * item);
        return results;
    });
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 100; ++i)
                    if (group.submit(100 * t + i) != 10 * (100 * t + i)) ++wrong;
            });
    }
    CHECK(wrong == 0);
    CHECK(largest <= 3);
    CHECK(items_committed == 800);
}

TEST_CASE("commits follow each other, one at a time") {
    std::atomic<int> under_way = 0, overlaps = 0;
    Group group(2, *real_runtime, [&](std::span<const int> items) {
        if (++under_way > 1) ++overlaps;
        std::this_thread::yield();
        --under_way;
        return std::vector<int>(items.size());
    });
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 100; ++i) group.submit(i);
            });
    }
    CHECK(overlaps == 0);
}

TEST_CASE("a waiting commit does not delay the next one with two leaders") {
    std::latch began(1), may_end(1);
    detail::GroupCommit<int, int> group(
        10, *real_runtime,
        [&](std::span<const int> items) {
            if (items.front() == 0) {
                began.count_down();
                may_end.wait();
            }
            return std::vector<int>(items.begin(), items.end());
        },
        2);
    std::jthread waits([&] { CHECK(group.submit(0) == 0); });
    began.wait();
    for (int i = 1; i < 4; ++i) CHECK(group.submit(i) == i);
    may_end.count_down();
}

TEST_CASE("every caller gets its own item's result from one of several leaders") {
    std::atomic<int> under_way = 0, wrong = 0, too_many = 0;
    detail::GroupCommit<int, int> group(
        3, *real_runtime,
        [&](std::span<const int> items) {
            if (++under_way > 4) ++too_many;
            std::this_thread::yield();
            --under_way;
            return std::vector<int>(items.begin(), items.end());
        },
        4);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 200; ++i)
                    if (group.submit(1000 * t + i) != 1000 * t + i) ++wrong;
            });
    }
    CHECK(wrong == 0);
    CHECK(too_many == 0);
}

/// A caller that leads its own commit, blocked in it, with two waiting callers that share the next.
struct Queue {
    explicit Queue(Group::Commit commit)
        : group(10, *real_runtime, [this, commit = std::move(commit)](std::span<const int> items) {
              if (items.size() == 1 && items[0] == 0) {
                  began.count_down();
                  may_end.wait();
              }
              return commit(items);
          }) {}

    /// The results of the callers of 1 and 2, which wait together.
    std::vector<std::string> results_of_two() {
        std::jthread leader([this] { group.submit(0); });
        began.wait();
        std::vector<std::string> results(2);
        std::vector<std::exception_ptr> errors(2); // read only after the threads are done: a
                                                   // sanitizer does not see how they are shared
        std::latch called(2);
        const auto call = [&](int item) {
            called.count_down();
            const auto at = static_cast<std::size_t>(item - 1);
            try {
                results[at] = std::to_string(group.submit(item));
            } catch (...) {
                errors[at] = std::current_exception();
            }
        };
        std::jthread first(call, 1), second(call, 2);
        called.wait();
        may_end.count_down();
        first.join();
        second.join();
        for (std::size_t at = 0; at < errors.size(); ++at) {
            try {
                if (errors[at]) std::rethrow_exception(errors[at]);
            } catch (const std::exception& error) {
                results[at] = error.what();
            }
        }
        return results;
    }

    std::latch began{1}, may_end{1};
    Group group;
};

TEST_CASE("a retryable fault is thrown to every caller") {
    Queue queue([](std::span<const int> items) -> std::vector<int> {
        if (items[0] != 0) throw Error(Errc::store_unavailable, "away");
        return {0};
    });
    for (const auto& result : queue.results_of_two())
        CHECK(result.find("away") != std::string::npos);
}

TEST_CASE("a fault of one item does not affect the others") {
    Queue queue([](std::span<const int> items) {
        if (std::ranges::find(items, 1) != items.end()) throw Error(Errc::store_failure, "bad");
        return std::vector<int>(items.begin(), items.end());
    });
    const auto results = queue.results_of_two();
    CHECK(results[0].find("bad") != std::string::npos);
    CHECK(results[1] == "2");
}

TEST_CASE("any other exception reaches every caller, and the next commit proceeds") {
    Queue queue([](std::span<const int> items) -> std::vector<int> {
        if (items[0] != 0) throw std::runtime_error("unexpected");
        return {0};
    });
    for (const auto& result : queue.results_of_two()) CHECK(result == "unexpected");
    CHECK_THROWS_AS(queue.group.submit(3), std::runtime_error);
}

/// Throws when moved more often.
struct Fragile {
    explicit Fragile(int moves) : moves_left(moves) {}
    Fragile(Fragile&& from) : moves_left(from.moves_left - 1) {
        if (moves_left < 0) throw std::runtime_error("broken");
    }

    int moves_left;
};

TEST_CASE("a commit that runs out of memory does not delay the next one") {
    detail::GroupCommit<Fragile, int> group(10, *real_runtime, [](std::span<const Fragile> items) {
        return std::vector<int>(items.size(), 7);
    });
    CHECK_THROWS_AS(group.submit(Fragile(1)), std::runtime_error);
    CHECK(group.submit(Fragile(10)) == 7);
}

} // namespace
