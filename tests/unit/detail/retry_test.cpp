#include <asyncjobs/detail/retry.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;
using asyncjobs::detail::backoff_delay;
using asyncjobs::detail::jittered;
using asyncjobs::detail::unit_interval;

namespace {

constexpr std::uint64_t no_bits = 0, half_the_bits = std::uint64_t{1} << 63,
                        all_bits = ~std::uint64_t{0};
const double all_chance = unit_interval(all_bits);

TEST_CASE("random bits make a number from 0 to just below 1") {
    CHECK(unit_interval(no_bits) == 0.0);
    CHECK(unit_interval(half_the_bits) == 0.5);
    CHECK(unit_interval(all_bits) < 1.0);
    CHECK(unit_interval(all_bits) > 0.999999);
}

TEST_CASE("the delay grows by the factor with every attempt, up to the most") {
    const Backoff backoff{.first = 1s, .factor = 3.0, .most = 60s, .jitter = 0.0};
    CHECK(backoff_delay(backoff, 1, all_chance) == 1s);
    CHECK(backoff_delay(backoff, 2, all_chance) == 3s);
    CHECK(backoff_delay(backoff, 4, all_chance) == 27s);
    CHECK(backoff_delay(backoff, 5, all_chance) == 60s);
    CHECK(backoff_delay(backoff, 1000, all_chance) == 60s);
    const Backoff steep{.first = 1s, .factor = 100.0, .most = std::chrono::days{365}};
    CHECK(backoff_delay(steep, 1000, 0) == std::chrono::days{365});
}

TEST_CASE("jitter subtracts a random part, at most its own share") {
    const Backoff backoff{.first = 10s, .most = 1h, .jitter = 0.2};
    CHECK(backoff_delay(backoff, 1, 0) == 10s);
    CHECK(backoff_delay(backoff, 1, 0.5) == 9s);
    const auto shortest = backoff_delay(backoff, 1, all_chance);
    CHECK(shortest >= 8s);
    CHECK(shortest < 8s + 1ms);
}

TEST_CASE("a period is drawn from a tenth shorter to a tenth longer") {
    CHECK(jittered(10s, no_bits) == 9s);
    CHECK(jittered(10s, half_the_bits) == 10s);
    CHECK(jittered(10s, all_bits) <= 11s);
    CHECK(jittered(10s, all_bits) > 10999ms);
    CHECK(jittered(0s, all_bits) == 0s);
}

} // namespace
