#include "sampled.hpp"

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

using namespace asyncjobs;
using operations::Sampled;

TEST_CASE("a failed reading is not repeated within its period") {
    int readings = 0;
    Sampled<int> sampled(std::chrono::hours{1}, [&]() -> int {
        ++readings;
        throw Error(Errc::store_unavailable, "the store is away");
    });
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(sampled.get(), Error);
        CHECK_THROWS_AS(sampled.get_or_last(), Error);
    }
    CHECK(readings == 1);
}

TEST_CASE("a caller that takes the last reading does not wait for one in progress") {
    std::atomic<int> readings = 0;
    std::promise<void> has_begun, may_end;
    Sampled<int> sampled(Duration::zero(), [&, end = may_end.get_future().share()] {
        const int reading = ++readings;
        if (reading == 2) {
            has_begun.set_value();
            end.wait();
        }
        return reading;
    });
    CHECK(*sampled.get_or_last() == 1);
    std::thread reader([&] { CHECK(*sampled.get() == 2); });
    has_begun.get_future().wait();
    CHECK(*sampled.get_or_last() == 1);
    may_end.set_value();
    reader.join();
    CHECK(*sampled.get_or_last() == 3);
}
