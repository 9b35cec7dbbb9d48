#include <asyncjobs/detail/call_batcher.hpp>

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

using Batcher = detail::CallBatcher<int, int>;

const auto real_runtime = make_runtime();

/// As a client's, for callers that wait.
Batcher::Options batched(std::size_t limit, std::size_t concurrency = 1) {
    return {.runtime = *real_runtime,
            .post = {},
            .limit = limit,
            .concurrency = concurrency,
            .expensive = true};
}

TEST_CASE("a lone caller makes the call for its own item") {
    Batcher batcher(batched(10), [](std::span<const int> items) {
        return std::vector<int>(items.begin(), items.end());
    });
    CHECK(batcher.call(1) == 1);
    CHECK(batcher.call(2) == 2);
}

TEST_CASE("every caller gets its own item's result, and no call exceeds the limit") {
    std::mutex mutex;
    std::size_t largest = 0, items_called = 0;
    Batcher batcher(batched(3), [&](std::span<const int> items) {
        const std::lock_guard lock(mutex);
        largest = std::max(largest, items.size());
        items_called += items.size();
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
                    if (batcher.call(100 * t + i) != 10 * (100 * t + i)) ++wrong;
            });
    }
    CHECK(wrong == 0);
    CHECK(largest <= 3);
    CHECK(items_called == 800);
}

TEST_CASE("calls follow each other, one at a time") {
    std::atomic<int> under_way = 0, overlaps = 0;
    Batcher batcher(batched(2), [&](std::span<const int> items) {
        if (++under_way > 1) ++overlaps;
        std::this_thread::yield();
        --under_way;
        return std::vector<int>(items.size());
    });
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 100; ++i) batcher.call(i);
            });
    }
    CHECK(overlaps == 0);
}

TEST_CASE("a blocked call does not delay the next one if two may be in progress") {
    std::latch began(1), may_end(1);
    Batcher batcher(batched(10, 2), [&](std::span<const int> items) {
        if (items.front() == 0) {
            began.count_down();
            may_end.wait();
        }
        return std::vector<int>(items.begin(), items.end());
    });
    std::jthread waits([&] { CHECK(batcher.call(0) == 0); });
    began.wait();
    for (int i = 1; i < 4; ++i) CHECK(batcher.call(i) == i);
    may_end.count_down();
}

TEST_CASE("every caller gets its own item's result with several calls in progress") {
    std::atomic<int> under_way = 0, wrong = 0, too_many = 0;
    Batcher batcher(batched(3, 4), [&](std::span<const int> items) {
        if (++under_way > 4) ++too_many;
        std::this_thread::yield();
        --under_way;
        return std::vector<int>(items.begin(), items.end());
    });
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 200; ++i)
                    if (batcher.call(1000 * t + i) != 1000 * t + i) ++wrong;
            });
    }
    CHECK(wrong == 0);
    CHECK(too_many == 0);
}

/// A caller that makes its own call, blocked in it, with two waiting callers that share the next.
struct Queue {
    explicit Queue(Batcher::Call call)
        : batcher(batched(10), [this, call = std::move(call)](std::span<const int> items) {
              if (items.size() == 1 && items[0] == 0) {
                  began.count_down();
                  may_end.wait();
              }
              return call(items);
          }) {}

    /// The results of the callers of 1 and 2, which wait together.
    std::vector<std::string> results_of_two() {
        std::jthread leader([this] { batcher.call(0); });
        began.wait();
        std::vector<std::string> results(2);
        std::vector<std::exception_ptr> errors(2); // read only after the threads are done: a
                                                   // sanitizer does not see how they are shared
        std::latch called(2);
        const auto call_with = [&](int item) {
            called.count_down();
            const auto at = static_cast<std::size_t>(item - 1);
            try {
                results[at] = std::to_string(batcher.call(item));
            } catch (...) {
                errors[at] = std::current_exception();
            }
        };
        std::jthread first(call_with, 1), second(call_with, 2);
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
    Batcher batcher;
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

TEST_CASE("any other exception reaches every caller, and the next call proceeds") {
    Queue queue([](std::span<const int> items) -> std::vector<int> {
        if (items[0] != 0) throw std::runtime_error("unexpected");
        return {0};
    });
    for (const auto& result : queue.results_of_two()) CHECK(result == "unexpected");
    CHECK_THROWS_AS(queue.batcher.call(3), std::runtime_error);
}

/// Throws when moved more often.
struct Fragile {
    explicit Fragile(int moves) : moves_left(moves) {}
    Fragile(Fragile&& from) : moves_left(from.moves_left - 1) {
        if (moves_left < 0) throw std::runtime_error("broken");
    }

    int moves_left;
};

TEST_CASE("a call that runs out of memory does not delay the next one") {
    detail::CallBatcher<Fragile, int> batcher(
        {.runtime = *real_runtime, .post = {}},
        [](std::span<const Fragile> items) { return std::vector<int>(items.size(), 7); });
    CHECK_THROWS_AS(batcher.call(Fragile(1)), std::runtime_error);
    CHECK(batcher.call(Fragile(10)) == 7);
}

} // namespace
