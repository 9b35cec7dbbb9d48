#include <asyncjobs/detail/live_jobs.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using detail::Attempt;
using detail::LiveJobs;

namespace {

std::shared_ptr<Attempt> live_attempt(std::uint64_t job, std::int64_t fence = 1) {
    ClaimedJob claimed;
    claimed.lease = {JobId::make({}, 0, job), fence};
    return std::make_shared<Attempt>(std::move(claimed), SteadyTime{});
}

TEST_CASE("a job is live from its claim until it is removed") {
    LiveJobs live;
    CHECK(live.empty());
    const auto attempt = live_attempt(1);
    CHECK_FALSE(live.add(attempt));
    CHECK(live.holds(attempt->lease()));
    CHECK(live.find(attempt->lease().id) == attempt);
    CHECK(live.all() == detail::Attempts{attempt});
    CHECK(live.remove(attempt->lease()) == attempt);
    CHECK(live.empty());
    CHECK_FALSE(live.find(attempt->lease().id));
    CHECK_FALSE(live.remove(attempt->lease()));
}

TEST_CASE("a later lease on a job replaces the one that was lost") {
    LiveJobs live;
    const auto lost = live_attempt(1, 1);
    const auto later = live_attempt(1, 2);
    live.add(lost);
    CHECK(live.add(later) == lost);
    CHECK_FALSE(live.holds(lost->lease()));
    CHECK_FALSE(live.remove(lost->lease())); // its end must not remove the later one
    CHECK(live.holds(later->lease()));
    CHECK(live.all() == detail::Attempts{later});
}

TEST_CASE("a lease is new once, also after its job was removed") {
    LiveJobs live;
    const auto attempt = live_attempt(1);
    CHECK(live.is_new(attempt->lease()));
    live.add(attempt);
    CHECK_FALSE(live.is_new(attempt->lease()));
    live.remove(attempt->lease());
    CHECK_FALSE(live.is_new(attempt->lease()));
    CHECK(live.is_new(live_attempt(1, 2)->lease()));
}

} // namespace
