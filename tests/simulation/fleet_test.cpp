#include "fleet.hpp"
#include "planted_bugs.hpp"
#include "seeds.hpp"

#include <doctest/doctest.h>

namespace {

using namespace simulation;

template <typename Bug>
bool is_caught() {
    const Plant plant = [](asyncjobs::JobStore& inner) { return std::make_unique<Bug>(inner); };
    for (auto [seed, last] = seeds(); seed <= last; ++seed)
        if (!run_fleet(seed, plant).empty()) return true;
    return false;
}

} // namespace

TEST_CASE("a fleet keeps promises 1-5, 9 and 10, idempotency, dependencies, limits and tallies "
          "through crashes, pauses and failing store calls") {
    CHECK(broken_seeds([](std::uint64_t seed) { return run_fleet(seed); }) == 0);
}

TEST_CASE("a run of the fleet can be repeated from its seed") {
    const Plant plant = [](asyncjobs::JobStore& inner) {
        return std::make_unique<WithoutRescueGuard>(inner);
    };
    const auto once = run_fleet(7, plant);
    REQUIRE(!once.empty());
    CHECK(run_fleet(7, plant) == once);
}

TEST_CASE("a dropped fence check is caught") { CHECK(is_caught<WithoutFenceCheck>()); }

TEST_CASE("a dropped rescue guard is caught") { CHECK(is_caught<WithoutRescueGuard>()); }

TEST_CASE("a dropped attempt refund is caught") { CHECK(is_caught<WithoutRefund>()); }

TEST_CASE("an ignored parent is caught") { CHECK(is_caught<WithoutParents>()); }

TEST_CASE("an ignored idempotency key is caught") { CHECK(is_caught<WithoutIdempotency>()); }

TEST_CASE("a worker whose jobs are not counted is caught") {
    CHECK(is_caught<WithoutPlacesOfOneWorker>());
}

TEST_CASE("a rate that does not count starts is caught") { CHECK(is_caught<WithoutPastStarts>()); }

TEST_CASE("a repeated heartbeat that counts twice is caught") {
    CHECK(is_caught<WithoutHeartbeatNumbers>());
}

TEST_CASE("tallies that get lost are caught") { CHECK(is_caught<WithoutTallies>()); }

TEST_CASE("a waiting job that is never admitted is caught") { CHECK(is_caught<WithoutCalls>()); }
