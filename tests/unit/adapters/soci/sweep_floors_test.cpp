#include "sweep_floors.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr SteadyTime first_sweep{1h};
constexpr Timestamp now{1000h};

TEST_CASE("the first sweep begins anew, and later ones where it says") {
    SweepFloors floors;
    CHECK_FALSE(floors.begin(first_sweep));
    floors.end({{"type", now}}, true, first_sweep, first_sweep);
    CHECK(floors.begin(first_sweep) == SweepFloors::Floors{{"type", now}});
    floors.end({{"type", now + 1s}}, false, first_sweep, first_sweep);
    CHECK(floors.begin(first_sweep) == SweepFloors::Floors{{"type", now + 1s}});
}

TEST_CASE("once a minute a sweep begins anew, or more rarely where that takes long") {
    SweepFloors floors;
    floors.end({}, true, first_sweep, first_sweep);
    CHECK(floors.begin(first_sweep + 59s));
    CHECK_FALSE(floors.begin(first_sweep + 1min));
    floors.end({}, true, first_sweep, first_sweep + 10s);
    CHECK(floors.begin(first_sweep + 3min));
    CHECK_FALSE(floors.begin(first_sweep + 3min + 30s));
}

TEST_CASE(
    "a sweep that waited for long does not put off the next one that begins anew for longer") {
    SweepFloors floors;
    floors.end({}, true, first_sweep, first_sweep + 1h);
    CHECK(floors.begin(first_sweep + 1h));
    CHECK_FALSE(floors.begin(first_sweep + 1h + 10min));
}

TEST_CASE("a sweep in between does not put off the next one that begins anew") {
    SweepFloors floors;
    floors.end({}, true, first_sweep, first_sweep);
    floors.end({}, false, first_sweep + 30s, first_sweep + 30s);
    CHECK_FALSE(floors.begin(first_sweep + 1min));
}

TEST_CASE("the next sweep begins a little before what is due, or before the time of this one") {
    CHECK(SweepFindings{now, now - 1h}.floor() == now - 1h - 1s);
    CHECK(SweepFindings{now, {}}.floor() == now - 1s);
}

} // namespace
