#include "watermarks/count_watermarks.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr Timestamp counted_at{1000h};

/// Counts of a queue, each of which takes a millisecond.
struct Counts {
    CountWatermarks watermarks;
    SteadyTime now{1h};

    /// Returns where it began.
    Timestamp count(std::optional<Timestamp> found) {
        const auto began = now;
        const auto watermark = watermarks.watermark_of("q");
        now += 1ms;
        watermarks.end("q", found, counted_at, began, now);
        return watermark;
    }
};

TEST_CASE("the first count of a queue covers all its jobs") {
    Counts counts;
    CHECK(counts.count(counted_at) == Timestamp::min());
    CHECK(counts.watermarks.watermark_of("other") == Timestamp::min());
}

TEST_CASE("a count begins a little before the oldest job that the last one found") {
    Counts counts;
    counts.count(counted_at - 1h);
    const auto watermark = counts.count(counted_at - 1min);
    CHECK(watermark < counted_at - 1h);
    CHECK(watermark >= counted_at - 1h - 1s);
    CHECK(counts.count(std::nullopt) >= counted_at - 1min - 1s);
}

TEST_CASE("after a count that found no job, the next one begins a little before its time") {
    Counts counts;
    counts.count(std::nullopt);
    CHECK(counts.count(std::nullopt) >= counted_at - 1s);
}

TEST_CASE(
    "after a count of leases that found none the next one begins where it did, after a look") {
    Counts counts;
    counts.count(counted_at + 30s);
    const auto watermark = counts.count(std::nullopt);
    CHECK(watermark > counted_at);
    const DueRange below = counts.watermarks.below("q", counts.now);
    CHECK(below.from == Timestamp::min());
    CHECK(below.to == watermark);
    counts.watermarks.looked("q", below, {}, counts.now, counts.now);
    CHECK(counts.watermarks.below("q", counts.now).is_empty());
    counts.now += 1us;
    CHECK(counts.count(std::nullopt) == watermark);
}

TEST_CASE("once a second a look below comes first, and its jobs are counted") {
    Counts counts;
    counts.count(counted_at);
    CHECK(counts.watermarks.below("q", counts.now + 999ms).is_empty());
    counts.now += 1s;
    const DueRange below = counts.watermarks.below("q", counts.now);
    CHECK(below.from == Timestamp::min());
    CHECK(below.to == counts.watermarks.watermark_of("q"));
    counts.watermarks.looked("q", below, counted_at - 1h, counts.now, counts.now);
    CHECK(counts.watermarks.below("q", counts.now).is_empty());
    counts.now += 1us;
    CHECK(counts.count(counted_at - 1h) == counted_at - 1h);
}

TEST_CASE("a count includes a job that this process put below the mark") {
    Counts counts;
    counts.count(counted_at);
    counts.watermarks.lower("q", counted_at - 1h, counts.now);
    CHECK(counts.count(counted_at - 1h) <= counted_at - 1h);
    counts.watermarks.lower("q", counted_at, counts.now);
    CHECK(counts.count(counted_at - 1h) <= counted_at - 1h);
}

TEST_CASE("a job put below the mark during a count is counted by the next one") {
    Counts counts;
    counts.count(counted_at);
    const auto began = counts.now;
    counts.watermarks.lower("q", counted_at - 1h, counts.now);
    counts.watermarks.end("q", counted_at, counted_at, began, counts.now + 1ms);
    CHECK(counts.count(counted_at) <= counted_at - 1h);
}

TEST_CASE("the mark is lowered to a delayed job's time by the database's clock") {
    Counts counts;
    counts.count(counted_at + 1h);
    counts.now += 10ms;
    counts.watermarks.lower("q", 30s, counts.now);
    const auto watermark = counts.count(counted_at + 1h);
    CHECK(watermark <= counted_at + 30s + 10ms);
    CHECK(watermark >= counted_at + 28s);
}

TEST_CASE("after jobs returned, the next count is of all jobs, or looks at pieces find them") {
    Counts counts;
    counts.count(counted_at);
    counts.watermarks.recount();
    CHECK(counts.count(counted_at) == Timestamp::min());
    for (int i = 0; i < 2; ++i) {
        counts.now += 1h;
        const DueRange below = counts.watermarks.below("q", counts.now);
        counts.watermarks.looked("q", below, {}, counts.now - 1s, counts.now);
    }
    counts.watermarks.recount();
    CHECK(counts.watermarks.watermark_of("q") != Timestamp::min());
    counts.now += 1h;
    CHECK(counts.watermarks.below("q", counts.now).to == counts.watermarks.watermark_of("q"));
}

TEST_CASE("after a change of unknown jobs, the next count is of all jobs") {
    Counts counts;
    counts.count(counted_at);
    counts.watermarks.forget();
    CHECK(counts.count(counted_at) == Timestamp::min());
}

} // namespace
