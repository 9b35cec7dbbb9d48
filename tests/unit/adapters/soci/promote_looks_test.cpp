#include "store/finished_parents.hpp"
#include "watermarks/look_pauses.hpp"

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr SteadyTime looked_at{1h};

std::vector<JobId> take(FinishedParents& parents, std::size_t limit) {
    return parents.take(limit, [](std::span<const JobId> ids) {
        return std::vector<JobId>(ids.begin(), ids.end());
    });
}

JobId parent(std::uint64_t number) { return JobId::make(Timestamp{}, 7, number); }

TEST_CASE("quick looks, and a single slow one, have no pauses") {
    LookPauses pauses;
    CHECK(pauses.may_look(looked_at));
    pauses.looked(looked_at - 1s, looked_at);
    CHECK(pauses.may_look(looked_at));
    pauses.looked(looked_at - 1ms, looked_at);
    pauses.looked(looked_at - 1s, looked_at);
    CHECK(pauses.may_look(looked_at));
}

TEST_CASE("slow looks take a twentieth of the time") {
    LookPauses pauses;
    pauses.looked(looked_at - 100ms, looked_at);
    pauses.looked(looked_at - 100ms, looked_at);
    CHECK_FALSE(pauses.may_look(looked_at + 1999ms));
    CHECK(pauses.may_look(looked_at + 2s));
}

TEST_CASE("a look that waited long delays the next one by a minute at most") {
    LookPauses pauses;
    pauses.looked(looked_at - 1h, looked_at);
    pauses.looked(looked_at - 1h, looked_at);
    CHECK_FALSE(pauses.may_look(looked_at));
    CHECK(pauses.may_look(looked_at + 1min));
}

TEST_CASE("a pause ends when there is something to find") {
    LookPauses pauses;
    pauses.looked(looked_at - 100ms, looked_at);
    pauses.looked(looked_at - 100ms, looked_at);
    pauses.end();
    CHECK(pauses.may_look(looked_at));
}

TEST_CASE("finished parents are taken once, in their order, up to a limit") {
    FinishedParents parents;
    const std::vector<JobId> ids = {parent(1), parent(2), parent(3)};
    parents.add(ids);
    CHECK(take(parents, 2) == std::vector{ids[0], ids[1]});
    CHECK(take(parents, 2) == std::vector{ids[2]});
    CHECK(take(parents, 2).empty());
}

TEST_CASE("finished parents whose children could not be notified are taken again") {
    FinishedParents parents;
    const std::vector<JobId> ids = {parent(1), parent(2)};
    parents.add(ids);
    const auto fail = [](std::span<const JobId>) -> bool { throw Error(Errc::store_busy, "busy"); };
    CHECK_THROWS_AS(parents.take(2, fail), Error);
    CHECK(take(parents, 2) == ids);
}

TEST_CASE("the number of remembered finished parents is bounded") {
    FinishedParents parents;
    const std::vector<JobId> many(9'999, parent(1));
    parents.add(many);
    parents.add(many);
    CHECK(take(parents, 100'000).size() < many.size() + 2);
}

} // namespace
