#include "watermarks/looks_below.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr Timestamp first_mark{1000h};
constexpr LooksBelow::Pace brisk = {
    .quick = 5ms, .quick_piece = 1ms, .shortest_pause = 20ms, .longest_pause = 5s, .rest = 1s};

/// Looks below a mark, where each second of dead entries takes `each_second` and a look at all of
/// them at least `at_least`; dead entries begin an hour before the first mark.
struct Index {
    explicit Index(Duration widest = LooksBelow::any_width)
        : looks(brisk, widest, first_mark, now) {}

    DueRange next() const { return looks.next(mark, now); }
    Duration time_of(const DueRange& range) const {
        const auto dead = std::min(range.to, mark) - std::max(range.from, first_mark - 1h);
        return std::max(at_least, dead / 1s * each_second);
    }
    /// Returns the next look, as soon as one is due.
    DueRange look() {
        while (next().is_empty()) now += 5ms;
        const DueRange range = next();
        const Duration took = time_of(range);
        now += took;
        spent += took;
        longest = std::max(longest, took);
        looks.looked(range, took, now);
        return range;
    }
    void look_until_slow() {
        for (int i = 0; i < 2; ++i) look();
        spent = longest = {};
    }
    /// Looks from the mark down to the beginning; returns the pieces.
    std::vector<DueRange> descend() {
        std::vector<DueRange> pieces;
        do pieces.push_back(look());
        while (!looks.has_seen_all() && pieces.size() < 100'000);
        return pieces;
    }

    SteadyTime now{1h};
    Timestamp mark = first_mark;
    LooksBelow looks;
    Duration each_second = {}, at_least = {}, spent = {}, longest = {};
};

bool is_of_all(const DueRange& range) { return range.from == Timestamp::min(); }

TEST_CASE("quick looks cover everything below, followed by a rest") {
    Index index;
    index.at_least = brisk.quick;
    CHECK(index.next().is_empty());
    for (int i = 0; i < 10; ++i) {
        CHECK(is_of_all(index.look()));
        CHECK(index.next().is_empty());
        index.now += brisk.rest;
        CHECK_FALSE(index.next().is_empty());
    }
}

TEST_CASE("a single slow look below counts as an accident") {
    Index index;
    index.at_least = 100ms;
    index.look();
    index.at_least = {};
    CHECK(is_of_all(index.look()));
    CHECK(is_of_all(index.look()));
}

TEST_CASE("a rest may end early while looks are quick") {
    Index index;
    for (int i = 0; i < 10; ++i) {
        index.at_least = brisk.quick_piece;
        index.look();
        index.looks.end_rest();
        CHECK_FALSE(index.next().is_empty());
    }
    index.at_least = brisk.quick;
    for (int i = 0; i < 3; ++i) CHECK(is_of_all(index.look()));
    index.looks.end_rest();
    CHECK(index.next().is_empty());
}

TEST_CASE("pieces reach from the mark to the beginning, one after the other") {
    Index index;
    index.each_second = 1ms;
    index.look_until_slow();
    index.mark += 1min;
    const auto pieces = index.descend();
    CHECK(pieces.size() > 10);
    CHECK(pieces.front().to == index.mark);
    CHECK(is_of_all(pieces.back()));
    for (std::size_t i = 1; i < pieces.size(); ++i) CHECK(pieces[i].to == pieces[i - 1].from);
    CHECK(index.look().to == index.mark);
}

TEST_CASE("looks at pieces take about a twentieth of the time, and each is short") {
    Index index;
    index.each_second = 1ms;
    index.look_until_slow();
    for (int hours = 0; hours < 3; ++hours) {
        index.spent = index.longest = {};
        const auto began = index.now;
        index.descend();
        CHECK(15 * index.spent <= index.now - began);
        CHECK(index.longest <= 8 * brisk.quick_piece);
        index.mark += 1h;
    }
}

TEST_CASE("a job below a mark is found within minutes though an hour's jobs are dead there") {
    Index index;
    index.each_second = 1ms;
    index.look_until_slow();
    index.mark += 1h;
    const auto began = index.now;
    index.descend();
    CHECK(index.now - began < 10min);
}

TEST_CASE("pieces reach the beginning even if every look is slow") {
    Index index;
    index.each_second = 1ms;
    index.at_least = 10ms;
    index.look_until_slow();
    index.mark += 1h;
    const auto pieces = index.descend();
    CHECK(is_of_all(pieces.back()));
    CHECK(pieces.size() < 50'000);
}

TEST_CASE("once no dead entries remain, pieces get longer until looks cover everything again") {
    Index index;
    index.each_second = 10ms;
    index.look_until_slow();
    for (int i = 0; i < 20; ++i) index.look();
    index.each_second = {};
    const auto is_whole = [&](const DueRange& range) {
        return is_of_all(range) && range.to == index.mark;
    };
    const auto began = index.now;
    int looks = 1;
    for (; !is_whole(index.look()) && looks < 10'000; ++looks) {
    }
    CHECK(looks < 10'000);
    CHECK(index.now - began < 1min);
    CHECK(is_whole(index.look()));
}

TEST_CASE("a look that waited long delays the next one by a few seconds") {
    Index index;
    index.at_least = 1h;
    for (int i = 0; i < 4; ++i) {
        const auto began = index.now;
        index.look();
        CHECK(index.now - began <= 1h + brisk.longest_pause);
    }
}

TEST_CASE("short pieces go down to the first mark, and looks at everything are rare") {
    Index index(10s);
    index.each_second = 1ms;
    index.look_until_slow();
    index.mark += 1min;
    const auto pieces = index.descend();
    CHECK(pieces.size() > 5);
    CHECK(pieces.back().from <= first_mark);
    for (const DueRange& piece : pieces) CHECK(piece.to - piece.from <= 10s);
    Duration deep{};
    const auto began = index.now;
    while (index.now - began < 6h) {
        if (const DueRange range = index.look(); is_of_all(range)) deep += index.time_of(range);
        index.mark += 1ms;
    }
    CHECK(deep > 0s);
    CHECK(100 * deep <= 6h);
}

TEST_CASE("without pieces, looks at everything take a two-hundredth of the time") {
    Index index(Duration::zero());
    index.each_second = 1ms;
    index.look_until_slow();
    const auto began = index.now;
    while (index.now - began < 6h) CHECK(is_of_all(index.look()));
    CHECK(200 * index.spent <= 6h + 200 * index.longest);
    CHECK(400 * index.spent >= 6h);
}

} // namespace
