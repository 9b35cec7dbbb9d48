#include <asyncjobs/store/tallies.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp midday{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};
constexpr Duration moment{1};

} // namespace

TEST_CASE("a time is counted in the first bucket whose bound it does not exceed") {
    for (std::size_t i = 0; i < TimeHistogram::bounds.size(); ++i) {
        CAPTURE(i);
        TimeHistogram times;
        times.add(TimeHistogram::bounds[i]);
        CHECK(times.counts[i] == 1);
        times.add(TimeHistogram::bounds[i] + moment);
        CHECK(times.counts[i + 1] == 1);
        CHECK(times.sum == 2 * TimeHistogram::bounds[i] + moment);
    }
}

TEST_CASE("a time of zero is counted in the first bucket") {
    TimeHistogram times;
    times.add(Duration::zero());
    CHECK(times.counts.front() == 1);
}

TEST_CASE("histograms are added bucket by bucket") {
    TimeHistogram times, others;
    times.add(5ms);
    times.add(7h);
    others.add(7h);
    others.add(1min);
    times.add(others);
    CHECK(times.counts.front() == 1);
    CHECK(times.counts.back() == 2);
    CHECK(std::reduce(times.counts.begin(), times.counts.end()) == 4);
    CHECK(times.sum == 5ms + 7h + 7h + 1min);
}

TEST_CASE("a period starts at its first moment in UTC") {
    for (const auto period : tally_periods) {
        CAPTURE(to_string(period));
        const Timestamp start = start_of(period, midday);
        CHECK(start <= midday);
        CHECK(start_of(period, start) == start);
        CHECK(start_of(period, start + length_of(period) - moment) == start);
        CHECK(start_of(period, start + length_of(period)) == start + length_of(period));
        CHECK(start_of(period, start - moment) == start - length_of(period));
    }
    CHECK(start_of(TallyPeriod::day, midday) == midday - 12h);
}

TEST_CASE("times before 1970 have periods, too") {
    CHECK(start_of(TallyPeriod::hour, Timestamp{-moment}) == Timestamp{-1h});
    CHECK(start_of(TallyPeriod::hour, Timestamp{-1h}) == Timestamp{-1h});
}

TEST_CASE("longer periods are kept for longer") {
    CHECK(kept_for(TallyPeriod::minute) == 48h);
    CHECK(kept_for(TallyPeriod::hour) == 30 * 24h);
    CHECK(kept_for(TallyPeriod::day) == 400 * 24h);
}

TEST_CASE("the order of outcomes is that of their names") {
    using enum TallyOutcome;
    const auto outcomes = {cancelled, completed, failed, released, rescued, retried};
    CHECK(std::ranges::is_sorted(outcomes));
    CHECK(std::ranges::is_sorted(outcomes, {}, [](TallyOutcome one) { return to_string(one); }));
    CHECK(to_string(completed) == "completed");
}

TEST_CASE("outcomes and periods are read by their names") {
    using enum TallyOutcome;
    for (const auto one : {cancelled, completed, failed, released, rescued, retried})
        CHECK(parse_tally_outcome(to_string(one)) == one);
    for (const auto one : tally_periods) CHECK(parse_tally_period(to_string(one)) == one);
    for (const auto* other : {"", "Completed", "complete", "week"}) {
        CHECK(!parse_tally_outcome(other));
        CHECK(!parse_tally_period(other));
    }
}
