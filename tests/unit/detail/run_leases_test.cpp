#include <asyncjobs/detail/run_leases.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using detail::RunLeases;

namespace {

LeaseRef lease(std::uint64_t job, std::int64_t fence) { return {JobId::make({}, 0, job), fence}; }

TEST_CASE("a lease runs once, and its job again under any other fence") {
    RunLeases leases;
    CHECK(leases.add(lease(1, 5)));
    CHECK_FALSE(leases.add(lease(1, 5)));
    CHECK(leases.add(lease(1, 6)));
    CHECK_FALSE(leases.add(lease(1, 6)));
    CHECK(leases.add(lease(1, 2)));
    CHECK(leases.add(lease(2, 6)));
}

TEST_CASE("the latest leases are remembered and the oldest dropped") {
    RunLeases leases;
    for (std::uint64_t job = 0; job < 3 * RunLeases::enough; ++job)
        CHECK(leases.add(lease(job, 1)));
    for (std::uint64_t job = 2 * RunLeases::enough; job < 3 * RunLeases::enough; ++job)
        CHECK_FALSE(leases.add(lease(job, 1)));
    CHECK(leases.add(lease(0, 1)));
}

} // namespace
