#include "sweep_floors.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr SteadyTime first_sweep{1h};
constexpr Timestamp now{1000h};

TEST_CASE("the first sweep begins with the oldest entry, and later ones where it ended") {
    SweepFloors floors;
    CHECK(floors.floor_of("type") == Timestamp::min());
    floors.end("type", now, first_sweep);
    CHECK(floors.floor_of("type") == now);
    CHECK(floors.floor_of("other") == Timestamp::min());
    floors.end("type", now + 1s, first_sweep);
    CHECK(floors.floor_of("type") == now + 1s);
}

TEST_CASE("once a minute a sweep looks below, and begins with what it finds there") {
    SweepFloors floors;
    floors.end("type", now, first_sweep);
    CHECK(floors.below("type", first_sweep + 59s).is_empty());
    const auto later = first_sweep + 1min;
    const DueRange below = floors.below("type", later);
    CHECK(below.from == Timestamp::min());
    CHECK(below.to == now);
    floors.looked("type", below, now - 1h, later, later);
    CHECK(floors.floor_of("type") == now - 1h);
    CHECK(floors.below("type", later + 59s).is_empty());
    floors.looked("type", floors.below("type", later + 1min), {}, later, later + 1min);
    CHECK(floors.floor_of("type") == now - 1h);
}

TEST_CASE("a sweep looks below less often if looks are slow") {
    SweepFloors floors;
    floors.end("type", now, first_sweep);
    auto time = first_sweep;
    int looks = 0;
    const auto sweep_after = [&](Duration pause) {
        time += pause;
        const auto find = [&](const DueRange&) {
            ++looks;
            time += 10s;
            return std::optional<Timestamp>();
        };
        floors.begin("type", find, [&] { return time; });
    };
    sweep_after(1min);
    sweep_after(190s);
    CHECK(looks == 1);
    sweep_after(10s);
    CHECK(looks == 2);
}

TEST_CASE("the names to sweep are listed once a minute, and absent ones are dropped") {
    SweepFloors floors;
    CHECK(floors.may_miss_names(first_sweep));
    floors.set_names({"a", "b"}, first_sweep, first_sweep);
    floors.end("a", now, first_sweep);
    floors.end("b", now, first_sweep);
    CHECK_FALSE(floors.may_miss_names(first_sweep + 59s));
    CHECK(floors.may_miss_names(first_sweep + 1min));
    floors.set_names({"b", "c"}, first_sweep, first_sweep);
    CHECK(floors.names() == std::vector<std::string>{"b", "c"});
    CHECK(floors.floor_of("a") == Timestamp::min());
    CHECK(floors.floor_of("b") == now);
}

TEST_CASE("the names to sweep are listed less often if that is slow") {
    SweepFloors floors;
    auto time = first_sweep;
    for (int i = 0; i < 2; ++i) {
        floors.set_names({"a"}, time, time + 10s);
        time += 10min;
    }
    CHECK_FALSE(floors.may_miss_names(time));
    CHECK(floors.may_miss_names(time + 1h));
}

TEST_CASE("after marks were forgotten, sweeps begin with the oldest entry") {
    SweepFloors floors;
    floors.end("type", now, first_sweep);
    floors.forget();
    CHECK(floors.floor_of("type") == Timestamp::min());
    CHECK(floors.below("type", first_sweep + 1h).is_empty());
}

TEST_CASE(
    "the next sweep begins a little before the oldest due entry, or before the time of this one") {
    CHECK(SweepFindings{now, now - 1h}.floor() == now - 1h - 1s);
    CHECK(SweepFindings{now, {}}.floor() == now - 1s);
}

} // namespace
