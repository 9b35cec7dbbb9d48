#include "claim_floors.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr SteadyTime start{1h};
constexpr Timestamp oldest{1000h};

void search(ClaimFloors& floors, SteadyTime now, std::optional<Timestamp> found, bool is_filled,
            Duration took = {}) {
    const auto search = floors.begin("q", now);
    floors.end("q", search, found, is_filled, now, now + took);
}

TEST_CASE("the first search in a queue begins with its oldest job") {
    ClaimFloors floors;
    CHECK(floors.begin("q", start).floor == Timestamp::min());
    search(floors, start, oldest, true);
    CHECK(floors.begin("other", start).floor == Timestamp::min());
}

TEST_CASE("a search begins a little before the oldest job of the last one, and may look below") {
    ClaimFloors floors;
    search(floors, start, oldest, true);
    const auto next = floors.begin("q", start + 1ms);
    CHECK(next.floor < oldest);
    CHECK(next.floor >= oldest - 1s);
    CHECK(next.looks_below);
}

TEST_CASE("what is found below does not lower the floor") {
    ClaimFloors floors;
    search(floors, start, oldest, true);
    const auto floor = floors.begin("q", start + 1ms).floor;
    search(floors, start + 1ms, oldest - 1h, true);
    CHECK(floors.begin("q", start + 2ms).floor == floor);
}

TEST_CASE("once a second a search begins anew, for what came below a backlog") {
    ClaimFloors floors;
    search(floors, start, oldest, true);
    CHECK(floors.begin("q", start + 999ms).floor > Timestamp::min());
    CHECK(floors.begin("q", start + 1s).floor == Timestamp::min());
}

TEST_CASE("a search begins anew sooner when a job with a head start was submitted") {
    ClaimFloors floors;
    const NewJob urgent{.queue = "q", .priority = 1}, ordinary{.queue = "q"},
        elsewhere{.queue = "other", .priority = 1};
    search(floors, start, oldest, true);
    floors.expect({{ordinary, elsewhere}});
    CHECK(floors.begin("q", start + 999ms).floor > Timestamp::min());
    floors.expect({{ordinary, urgent}});
    CHECK(floors.begin("q", start + 99ms).floor > Timestamp::min());
    CHECK(floors.begin("q", start + 100ms).floor == Timestamp::min());
}

TEST_CASE("searches for jobs with a head start, too, take no more than a small part of the time") {
    ClaimFloors floors;
    const NewJob urgent{.queue = "q", .priority = 1};
    search(floors, start, oldest, true, 1s);
    floors.expect({&urgent, 1});
    CHECK(floors.begin("q", start + 15s).floor > Timestamp::min());
}

TEST_CASE("searches that begin anew take no more than a small part of the time") {
    ClaimFloors floors;
    search(floors, start, oldest, true, 1s);
    CHECK(floors.begin("q", start + 15s).floor > Timestamp::min());
    CHECK(floors.begin("q", start + 30s).floor == Timestamp::min());
}

TEST_CASE("a search below that took long is not repeated at once") {
    ClaimFloors floors;
    search(floors, start, oldest, true);
    search(floors, start + 1ms, std::nullopt, false, 30ms);
    CHECK_FALSE(floors.begin("q", start + 32ms).looks_below);
    CHECK(floors.begin("q", start + 900ms).looks_below);
}

TEST_CASE("a search below that took a moment is repeated at once") {
    ClaimFloors floors;
    search(floors, start, oldest, true);
    search(floors, start + 1ms, std::nullopt, false, 5ms);
    CHECK(floors.begin("q", start + 6ms).looks_below);
}

TEST_CASE("a search that found enough above has not looked below") {
    ClaimFloors floors;
    search(floors, start, oldest, true);
    search(floors, start + 1ms, oldest + 1s, true, 30ms);
    CHECK(floors.begin("q", start + 32ms).looks_below);
}

} // namespace
