#include "watermarks/sweep_watermarks.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr SteadyTime first_sweep{1h};
constexpr Timestamp now{1000h};

TEST_CASE("the first sweep begins with the oldest entry, and later ones where it ended") {
    SweepWatermarks watermarks;
    CHECK(watermarks.watermark_of("type") == Timestamp::min());
    watermarks.end("type", now, first_sweep);
    CHECK(watermarks.watermark_of("type") == now);
    CHECK(watermarks.watermark_of("other") == Timestamp::min());
    watermarks.end("type", now + 1s, first_sweep);
    CHECK(watermarks.watermark_of("type") == now + 1s);
}

TEST_CASE("every ten seconds a sweep looks below, and begins with what it finds there") {
    SweepWatermarks watermarks;
    watermarks.end("type", now, first_sweep);
    CHECK(watermarks.below("type", first_sweep + 9s).is_empty());
    const auto later = first_sweep + 10s;
    const DueRange below = watermarks.below("type", later);
    CHECK(below.from == Timestamp::min());
    CHECK(below.to == now);
    watermarks.looked("type", below, now - 1h, later, later);
    CHECK(watermarks.watermark_of("type") == now - 1h);
    CHECK(watermarks.below("type", later + 9s).is_empty());
    watermarks.looked("type", watermarks.below("type", later + 10s), {}, later, later + 10s);
    CHECK(watermarks.watermark_of("type") == now - 1h);
}

TEST_CASE("a sweep looks below less often if looks are slow") {
    SweepWatermarks watermarks;
    watermarks.end("type", now, first_sweep);
    auto time = first_sweep;
    int looks = 0;
    const auto sweep_after = [&](Duration pause) {
        time += pause;
        const auto find = [&](const DueRange&) {
            ++looks;
            time += 10s;
            return std::optional<Timestamp>();
        };
        watermarks.begin("type", find, [&] { return time; });
    };
    sweep_after(1min);
    sweep_after(190s);
    CHECK(looks == 1);
    sweep_after(10s);
    CHECK(looks == 2);
}

TEST_CASE("the names to sweep are listed once a minute, and absent ones are dropped") {
    SweepWatermarks watermarks;
    CHECK(watermarks.may_miss_names(first_sweep));
    watermarks.set_names({"a", "b"}, first_sweep, first_sweep);
    watermarks.end("a", now, first_sweep);
    watermarks.end("b", now, first_sweep);
    CHECK_FALSE(watermarks.may_miss_names(first_sweep + 59s));
    CHECK(watermarks.may_miss_names(first_sweep + 1min));
    watermarks.set_names({"b", "c"}, first_sweep, first_sweep);
    CHECK(watermarks.names() == std::vector<std::string>{"b", "c"});
    CHECK(watermarks.watermark_of("a") == Timestamp::min());
    CHECK(watermarks.watermark_of("b") == now);
}

TEST_CASE("the names to sweep are listed less often if that is slow") {
    SweepWatermarks watermarks;
    auto time = first_sweep;
    for (int i = 0; i < 2; ++i) {
        watermarks.set_names({"a"}, time, time + 10s);
        time += 10min;
    }
    CHECK_FALSE(watermarks.may_miss_names(time));
    CHECK(watermarks.may_miss_names(time + 1h));
}

TEST_CASE("after marks were forgotten, sweeps begin with the oldest entry") {
    SweepWatermarks watermarks;
    watermarks.end("type", now, first_sweep);
    watermarks.forget();
    CHECK(watermarks.watermark_of("type") == Timestamp::min());
    CHECK(watermarks.below("type", first_sweep + 1h).is_empty());
}

TEST_CASE(
    "the next sweep begins a little before the oldest due entry, or before the time of this one") {
    CHECK(SweepFindings{now, now - 1h}.watermark() == now - 1h - 1s);
    CHECK(SweepFindings{now, {}}.watermark() == now - 1s);
}

} // namespace
