#include "fleet.hpp"
#include "planted_bugs.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace simulation;

/// ASYNCJOBS_SEED names a single seed to look at; ASYNCJOBS_SEEDS how many to try.
std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
    const char* text = std::getenv(name);
    return text ? std::stoull(text) : fallback;
}

std::uint64_t seeds() { return from_environment("ASYNCJOBS_SEEDS", 10'000); }

template <typename Bug>
bool is_caught() {
    const Plant plant = [](asyncjobs::JobStore& inner) { return std::make_unique<Bug>(inner); };
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed)
        if (!run_fleet(seed, plant).empty()) return true;
    return false;
}

} // namespace

TEST_CASE(
    "a fleet keeps promises 1-5, 9 and 10, and no job runs before its parents, through crashes, "
    "pauses and failing store calls") {
    const auto first = from_environment("ASYNCJOBS_SEED", 1);
    const auto count = std::getenv("ASYNCJOBS_SEED") ? 1 : seeds();
    std::atomic<std::uint64_t> next = first;
    std::atomic<std::uint64_t> broken = 0;
    const auto work = [&] {
        for (auto seed = next++; seed < first + count && broken < 10; seed = next++) {
            const auto violations = run_fleet(seed);
            if (violations.empty()) continue;
            ++broken;
            for (const auto& violation : violations)
                fmt::print(stderr, "seed {}: {}\n", seed, violation);
        }
    };
    {
        std::vector<std::jthread> threads(std::max(1u, std::thread::hardware_concurrency()));
        for (auto& thread : threads) thread = std::jthread(work);
    }
    CHECK(broken == 0);
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

TEST_CASE("a forgotten parent is caught") { CHECK(is_caught<WithoutParents>()); }
