#include "watermarks/claim_watermarks.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace std::chrono_literals;

constexpr SteadyTime start{1h};
constexpr Timestamp oldest{1000h};

/// A queue whose jobs are all due at `oldest`, where a search takes `usual`, and a look below takes
/// `took` more.
struct Claims {
    ClaimWatermarks watermarks;
    SteadyTime now = start;
    Duration took = {}, usual = {};

    ClaimWatermarks::Search begin() { return watermarks.begin("q", now); }
    void end(const ClaimWatermarks::Search& search, std::optional<Timestamp> found,
             bool is_filled) {
        watermarks.end("q", search,
                       {.oldest = found,
                        .is_filled = is_filled,
                        .now = oldest + (now - start),
                        .took = usual + (search.look.is_empty() ? Duration::zero() : took)},
                       now, now);
    }
    ClaimWatermarks::Search claim(std::optional<Timestamp> found, bool is_filled) {
        const auto search = begin();
        end(search, found, is_filled);
        return search;
    }
    void submit(const NewJob& job) {
        const Submitted outcome{Submitted::Outcome::created, job.id, oldest};
        watermarks.expect({&job, 1}, {&outcome, 1}, now);
    }
};

std::vector<Timestamp> starts_of(const ClaimWatermarks::Search& search) {
    std::vector<Timestamp> starts;
    for (const DueRange& range : search.ranges) starts.push_back(range.from);
    return starts;
}

TEST_CASE("the first search in a queue begins with its oldest job") {
    Claims claims;
    CHECK(claims.begin().watermark == Timestamp::min());
    claims.claim(oldest, true);
    CHECK(claims.watermarks.begin("other", start).watermark == Timestamp::min());
}

TEST_CASE("a search begins a little before the oldest job of the last one, and may look below") {
    Claims claims;
    claims.claim(oldest, true);
    claims.now += 1ms;
    const auto next = claims.begin();
    CHECK(next.watermark < oldest);
    CHECK(next.watermark >= oldest - 1s);
    CHECK_FALSE(next.begins_below());
    CHECK(next.look.from == Timestamp::min());
    CHECK(next.look.to == next.watermark);
}

TEST_CASE("after a search that found nothing, the next one begins a little before its time") {
    Claims claims;
    claims.claim(std::nullopt, false);
    CHECK(claims.begin().watermark < oldest);
    CHECK(claims.begin().watermark >= oldest - 1s);
}

TEST_CASE("a job found below does not lower the mark") {
    Claims claims;
    claims.claim(oldest, true);
    const auto watermark = claims.begin().watermark;
    claims.claim(oldest - 1h, false);
    CHECK(claims.begin().watermark == watermark);
}

TEST_CASE("under a backlog, a search looks below first once a second") {
    Claims claims;
    claims.claim(oldest, true);
    claims.now += 999ms;
    CHECK_FALSE(claims.begin().begins_below());
    claims.now += 1ms;
    CHECK(claims.begin().begins_below());
}

TEST_CASE("a backlog below the mark comes first, and each part of it is looked at once") {
    Claims claims;
    claims.claim(oldest, true);
    claims.now += 1s;
    claims.claim(oldest - 2h, true);
    const auto next = claims.claim(oldest - 1h, true);
    CHECK(next.begins_below());
    CHECK(next.look.from == oldest - 2h);
    const auto last = claims.claim(oldest, true);
    CHECK(last.look.from == oldest - 1h);
    CHECK_FALSE(claims.begin().begins_below());
}

TEST_CASE("the next search looks for a job that this process put below the mark, and for nothing "
          "else there") {
    Claims claims;
    claims.claim(oldest, true);
    const NewJob urgent{.queue = "q", .priority = 1}, ordinary{.queue = "q"},
        elsewhere{.queue = "other", .priority = 1}, old{.queue = "q", .run_at = oldest - 5h};
    claims.submit(ordinary);
    claims.submit(elsewhere);
    CHECK_FALSE(claims.begin().begins_below());
    claims.submit(old);
    const auto search = claims.begin();
    CHECK(search.begins_below());
    CHECK(search.ranges[0].from == oldest - 5h);
    CHECK(search.ranges[0].to - search.ranges[0].from < 1s);
    claims.submit(urgent);
    CHECK(claims.begin().ranges[1].from > oldest - 1h);
}

TEST_CASE("the next search looks for all expected jobs, oldest first") {
    Claims claims;
    claims.claim(oldest, true);
    for (const Duration before : {2h, 3h, 1h})
        claims.watermarks.expect("q", oldest - before, claims.now);
    for (int i = 0; i < 3; ++i) {
        claims.now += 1ms;
        CHECK(starts_of(claims.claim(oldest - 3h, true)) ==
              std::vector{oldest - 3h, oldest - 2h, oldest - 1h, claims.begin().watermark});
    }
}

TEST_CASE("a look and an expected job in one range are searched once") {
    Claims claims;
    claims.claim(oldest, true);
    claims.watermarks.expect("q", oldest - 3h, claims.now);
    CHECK(claims.begin().look.is_empty());
    claims.now += 1s;
    CHECK_FALSE(claims.begin().look.is_empty());
    CHECK(starts_of(claims.begin()) == std::vector{Timestamp::min(), claims.begin().watermark});
}

TEST_CASE("searches that always expect jobs still look below once a second") {
    Claims claims;
    claims.claim(oldest, true);
    int looks = 0;
    for (int i = 0; i < 300; ++i) {
        claims.now += 10ms;
        claims.watermarks.expect("q", oldest - 3h, claims.now);
        looks += claims.claim({}, false).look.is_empty() ? 0 : 1;
    }
    CHECK(looks == 3);
}

TEST_CASE("returned jobs are searched as one range, however far apart they are") {
    Claims claims;
    claims.claim(oldest, true);
    for (const Duration before : {3h, 4h, 1h})
        claims.watermarks.expect_back("q", oldest - before, claims.now);
    claims.watermarks.expect("q", oldest - 5h, claims.now);
    claims.now += 200ms;
    const auto search = claims.claim({}, false);
    REQUIRE(search.ranges.size() == 3);
    CHECK(search.ranges[0].from == oldest - 5h);
    CHECK(search.ranges[1].from == oldest - 4h);
    CHECK(search.ranges[1].to > oldest - 1h);
    CHECK(search.ranges[1].to < oldest - 1h + 1s);
    CHECK_FALSE(claims.begin().begins_below());
}

TEST_CASE("an expected job is searched for until its transaction must have committed") {
    Claims claims;
    claims.claim(oldest, true);
    claims.submit({.queue = "q", .run_at = oldest - 5h});
    CHECK(claims.claim(oldest, true).begins_below());
    CHECK(claims.claim(oldest, true).begins_below());
    claims.now += 200ms;
    CHECK(claims.claim(oldest, true).begins_below());
    CHECK_FALSE(claims.claim(oldest, true).begins_below());
}

TEST_CASE("many expected jobs far apart take bounded memory") {
    Claims claims;
    claims.claim(oldest, true);
    for (int i = 1; i <= 1000; ++i) claims.submit({.queue = "q", .run_at = oldest - i * 1h});
    const auto search = claims.begin();
    CHECK(search.ranges.size() < 100);
    CHECK(search.ranges[0].from == oldest - 1000h);
}

/// Looks below for as long as that takes; returns whether it has looked at all.
bool looks_at_all(Claims& claims) {
    return claims.claim(std::nullopt, false).look.from == Timestamp::min();
}

TEST_CASE("slow looks below cover pieces, from the mark downwards") {
    Claims claims;
    claims.claim(oldest, true);
    claims.took = 100ms;
    for (int i = 0; i < 2; ++i) {
        CHECK(looks_at_all(claims));
        CHECK(claims.begin().look.is_empty());
        claims.now += 3s;
    }
    const auto piece = claims.claim(std::nullopt, false);
    CHECK(piece.look.to == piece.watermark);
    CHECK(piece.look.from >= piece.watermark - 2s);
}

TEST_CASE("slow looks below take no more than a twentieth of the time") {
    Claims claims;
    claims.claim(oldest, true);
    const auto looks_in_a_second = [&] {
        int looks = 0;
        for (int i = 0; i < 1000; ++i) {
            claims.now += 1ms;
            looks += claims.claim(std::nullopt, false).look.is_empty() ? 0 : 1;
        }
        return looks;
    };
    claims.took = 500us;
    CHECK(looks_in_a_second() > 500);
    claims.took = 5ms;
    CHECK(looks_in_a_second() <= 3 + 10);
}

TEST_CASE("with short pieces, a look at everything is rare though the mark rises") {
    Claims claims{.watermarks = ClaimWatermarks(30s)};
    claims.claim(oldest, true);
    claims.took = 100ms;
    int looks = 0;
    for (int i = 0; i < 3'000; ++i) {
        claims.now += 10ms;
        looks += claims.claim(oldest + (claims.now - start), false).look.from == Timestamp::min();
    }
    CHECK(looks <= 4);
}

TEST_CASE("the time of a search without a look does not make looks rarer") {
    Claims claims;
    claims.claim(oldest, true);
    claims.usual = 100ms;
    CHECK(looks_at_all(claims));
    for (int i = 0; i < 100; ++i) CHECK(claims.claim(std::nullopt, false).look.is_empty());
    claims.now += 5s;
    for (int i = 0; i < 3; ++i) CHECK(looks_at_all(claims));
}

TEST_CASE("only a look's own time counts, if it is known") {
    Claims claims;
    claims.claim(oldest, true);
    claims.usual = 100ms;
    for (int i = 0; i < 100; ++i) claims.claim(std::nullopt, false);
    claims.now += 5s;
    claims.watermarks.end("q", claims.begin(), {.now = oldest, .look_took = 50ms}, claims.now,
                          claims.now);
    CHECK(claims.begin().look.is_empty());
}

TEST_CASE("searches that were slow for a while do not hide slow looks for ever") {
    Claims claims;
    claims.claim(oldest, true);
    claims.usual = 1s;
    looks_at_all(claims);
    for (int i = 0; i < 100; ++i) claims.claim(std::nullopt, false);
    claims.now += 5s;
    CHECK(looks_at_all(claims));
    claims.usual = {};
    claims.took = 500ms;
    int slow = 0;
    for (int i = 0; i < 100; ++i) slow += looks_at_all(claims) ? 1 : 0;
    CHECK(slow < 20);
}

TEST_CASE("a search that found enough above has not looked below") {
    Claims claims;
    claims.claim(oldest, true);
    claims.took = 100ms;
    claims.claim(oldest + 1s, true);
    CHECK_FALSE(claims.begin().look.is_empty());
}

TEST_CASE("a search that found enough above counts as a look below if it looked there") {
    Claims claims;
    claims.claim(oldest, true);
    claims.watermarks.end("q", claims.begin(),
                          {.oldest = oldest + 1s,
                           .is_filled = true,
                           .has_looked_below = true,
                           .now = oldest + 1s,
                           .took = 100ms},
                          claims.now, claims.now);
    CHECK(claims.begin().look.is_empty());
}

TEST_CASE("a search knows an upper bound of the database's time") {
    Claims claims;
    claims.claim(oldest, true);
    CHECK(claims.begin().now == oldest);
    claims.now += 5s;
    CHECK(claims.begin().now == oldest + 5s);
    // The result held the time `oldest`, and took 1 s.
    claims.watermarks.end("q", claims.begin(), {.now = oldest}, claims.now, claims.now + 1s);
    CHECK(claims.watermarks.begin("q", claims.now + 1s).now == oldest + 1s);
}

TEST_CASE("a search sets no mark if marks were forgotten while it ran") {
    Claims claims;
    for (int i = 0; i < 2; ++i) {
        const auto search = claims.begin(); // the first one of all, or from a mark
        claims.watermarks.forget();
        claims.end(search, oldest, true);
        CHECK(claims.begin().watermark == Timestamp::min());
        claims.claim(oldest, true);
        CHECK(claims.begin().watermark != Timestamp::min());
    }
}

TEST_CASE("the mark does not exceed the searched range") {
    Claims claims;
    claims.claim(oldest, true);
    const auto search = claims.begin();
    claims.watermarks.end("q", search, {.now = oldest + 1h, .looked_to = oldest + 1s}, claims.now,
                          claims.now);
    CHECK(claims.begin().watermark < oldest + 1s);
}

} // namespace
