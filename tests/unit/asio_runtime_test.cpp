#include <asyncjobs/asio.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// Far longer than any operation here: only a failing test waits that long.
constexpr auto time_for_an_event = 60s;

struct RealRuntime {
    std::shared_ptr<Runtime> runtime = make_runtime();

    bool is_set(Event& event) { return event.wait(runtime->now() + time_for_an_event); }
};

TEST_CASE_FIXTURE(RealRuntime, "a timer calls its task after its delay") {
    const auto event = runtime->make_event();
    const auto timer = runtime->make_timer([&] { event->set(); });
    const auto began = runtime->now();
    timer->arm(5ms);
    CHECK(is_set(*event));
    CHECK(runtime->now() - began >= 5ms);
}

TEST_CASE_FIXTURE(RealRuntime, "arming replaces an earlier arming") {
    std::atomic<int> calls = 0;
    const auto event = runtime->make_event();
    const auto timer = runtime->make_timer([&] {
        ++calls;
        event->set();
    });
    timer->arm(Duration::max());
    timer->arm(Duration::min());
    CHECK(is_set(*event));
    CHECK(calls == 1);
}

TEST_CASE_FIXTURE(RealRuntime, "a timer may arm itself") {
    const auto event = runtime->make_event();
    std::unique_ptr<Timer> timer;
    std::mutex mutex;
    int left = 100;
    timer = runtime->make_timer([&] {
        const std::lock_guard lock(mutex);
        if (--left == 0)
            event->set();
        else
            timer->arm(0s);
    });
    {
        const std::lock_guard lock(mutex);
        timer->arm(0s);
    }
    CHECK(is_set(*event));
}

TEST_CASE_FIXTURE(RealRuntime, "a disarmed or destroyed timer does not call its task") {
    std::atomic<int> calls = 0;
    const auto disarmed = runtime->make_timer([&] { ++calls; });
    disarmed->arm(1ms);
    disarmed->disarm();
    {
        const auto brief = runtime->make_timer([&] { ++calls; });
        brief->arm(24h);
    }
    const auto later = runtime->make_event();
    const auto timer = runtime->make_timer([&] { later->set(); });
    timer->arm(5ms);
    CHECK(is_set(*later));
    CHECK(calls == 0);
}

TEST_CASE_FIXTURE(RealRuntime, "a timer's destructor waits for an active call") {
    std::latch entered(1), leave(1);
    std::atomic<bool> left = false;
    auto timer = runtime->make_timer([&] {
        entered.count_down();
        leave.wait();
        left = true;
    });
    timer->arm(0s);
    entered.wait();
    std::jthread helper([&] { leave.count_down(); });
    timer.reset();
    CHECK(left);
}

TEST_CASE_FIXTURE(RealRuntime, "a lane of one thread keeps the order of its tasks") {
    const auto event = runtime->make_event();
    std::vector<int> order;
    const auto lane = runtime->make_lane(1);
    for (int i = 0; i < 100; ++i) lane->post([&, i] { order.push_back(i); });
    lane->post([&] { event->set(); });
    CHECK(is_set(*event));
    CHECK(order.size() == 100);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE_FIXTURE(RealRuntime, "a lane of several threads runs as many blocking tasks at once") {
    std::latch together(5);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    const auto lane = runtime->make_lane(4);
    for (int i = 0; i < 4; ++i)
        lane->post([&] {
            {
                const std::lock_guard lock(mutex);
                threads.insert(std::this_thread::get_id());
            }
            together.arrive_and_wait();
        });
    together.arrive_and_wait();
    CHECK(threads.size() == 4);
}

TEST_CASE_FIXTURE(RealRuntime, "concurrent tasks use all threads of a lane") {
    const auto lane = runtime->make_lane(4);
    for (int round = 0; round < 200; ++round) {
        const auto together = std::make_shared<std::latch>(5);
        for (int i = 0; i < 4; ++i) lane->post([together] { together->arrive_and_wait(); });
        together->arrive_and_wait();
        CHECK(together->try_wait());
    }
}

TEST_CASE_FIXTURE(RealRuntime, "a lane with added threads runs waiting tasks") {
    std::latch together(3);
    const auto lane = runtime->make_lane(1);
    for (int i = 0; i < 2; ++i) lane->post([&] { together.arrive_and_wait(); });
    lane->set_threads(2);
    together.arrive_and_wait();
    CHECK(together.try_wait());
}

TEST_CASE_FIXTURE(RealRuntime, "a lane with fewer threads drops them as their tasks end") {
    std::latch together(5), leave(1);
    std::atomic<int> under_way = 0, most = 0;
    const auto event = runtime->make_event();
    const auto lane = runtime->make_lane(4);
    for (int i = 0; i < 4; ++i)
        lane->post([&] {
            together.arrive_and_wait();
            leave.wait();
        });
    together.arrive_and_wait();
    lane->set_threads(1);
    for (int i = 0; i < 100; ++i)
        lane->post([&] {
            most = std::max<int>(most, ++under_way);
            std::this_thread::yield();
            --under_way;
        });
    lane->post([&] { event->set(); });
    leave.count_down();
    CHECK(is_set(*event));
    CHECK(most == 1);
}

TEST_CASE_FIXTURE(
    RealRuntime, "a lane's destructor drops tasks that have not started and waits for the others") {
    std::latch entered(1), leave(1);
    std::atomic<bool> finished = false, second = false;
    auto lane = runtime->make_lane(1);
    lane->post([&] {
        entered.count_down();
        leave.wait();
        finished = true;
    });
    const auto held = std::make_shared<int>(1);
    lane->post([&, held] { second = true; });
    entered.wait();
    // The lane is stopped before its first task ends.
    std::jthread helper([&] { leave.count_down(); });
    lane.reset();
    CHECK(finished);
    CHECK(held.use_count() == 1);
}

TEST_CASE_FIXTURE(RealRuntime, "an event wakes its waiter and stays set") {
    const auto event = runtime->make_event();
    std::jthread setter([&] { event->set(); });
    CHECK(event->wait(std::nullopt));
    CHECK(event->wait(runtime->now() - 1s));
}

TEST_CASE_FIXTURE(RealRuntime, "a wait for an event ends at its deadline") {
    const auto event = runtime->make_event();
    const auto deadline = runtime->now() + 5ms;
    CHECK_FALSE(event->wait(deadline));
    CHECK(runtime->now() >= deadline);
}

TEST_CASE_FIXTURE(RealRuntime, "random numbers do not repeat") {
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 1000; ++i) numbers.insert(runtime->random());
    CHECK(numbers.size() == 1000);
}

TEST_CASE("a runtime on a host's io_context calls timers on the host's threads") {
    boost::asio::io_context context;
    auto work = boost::asio::make_work_guard(context);
    std::jthread thread([&] { context.run(); });
    const auto runtime = make_runtime(context.get_executor());
    const auto event = runtime->make_event();
    std::thread::id called_on;
    {
        const auto timer = runtime->make_timer([&] {
            called_on = std::this_thread::get_id();
            event->set();
        });
        timer->arm(0s);
        CHECK(event->wait(runtime->now() + time_for_an_event));
    }
    CHECK(called_on == thread.get_id());
    work.reset();
}

} // namespace
