#include "conformance_fleet.hpp"

#include <algorithm>

/// What workers did, as operators see it.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void adds_to_every_period(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send({tally_of({.start = noon}, 1), tally_of({.start = noon + a_minute}, 2),
                 tally_of({.start = noon + an_hour}, 4),
                 tally_of({.start = noon + 24 * an_hour}, 8)});
    const auto counts = [&](TallyPeriod period) {
        std::vector<std::uint64_t> found;
        for (const Tally& tally : history_of(scene, all_of(period))) {
            found.push_back(tally.count);
            expect_equal(start_of(period, tally.key.start), tally.key.start, "start of a period");
        }
        return found;
    };
    expect_equal(counts(TallyPeriod::minute), {1, 2, 4, 8}, "counts by minute");
    expect_equal(counts(TallyPeriod::hour), {3, 4, 8}, "counts by hour");
    expect_equal(counts(TallyPeriod::day), {7, 8}, "counts by day");
}

void adds_up_workers(Scene& scene) {
    SentHeartbeats first(scene.operators(), "a"), second(scene.operators(), "b");
    first.send({tally_of({.start = noon}, 1)});
    first.send({tally_of({.start = noon}, 2), tally_of({.start = noon}, 4)});
    second.send({tally_of({.start = noon}, 8)});
    for (const TallyPeriod period : tally_periods) {
        const auto found = history_of(scene, all_of(period));
        expect_equal(found.size(), 1, "tallies");
        expect_equal(found[0].count, 15, "count");
    }
}

void counts_repeated_heartbeats_once(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send({tally_of({.start = noon}, 3)});
    worker.resend();
    worker.send({tally_of({.start = noon}, 5)});
    worker.resend();
    --worker.next().number;
    worker.resend();
    for (const TallyPeriod period : tally_periods) expect_equal(counted(scene, period), 8, "count");
}

/// Each member has another value.
Tally distinct_tally() {
    Tally tally = tally_of({.start = noon, .outcome = TallyOutcome::retried, .error_code = "E1"},
                           1'000'000'000'000);
    std::uint64_t value = 0;
    for (TimeHistogram* const times : {&tally.waited, &tally.ran}) {
        for (std::uint64_t& count : times->counts) count = ++value;
        times->sum = Duration{1'000'000'007} * static_cast<Duration::rep>(++value);
    }
    return tally;
}

void keeps_every_number(Scene& scene) {
    const Tally tally = distinct_tally();
    SentHeartbeats worker(scene.operators());
    worker.send({tally});
    expect(history_of(scene, all_of(TallyPeriod::minute)) == std::vector{tally},
           "the tally as it was sent");
    Tally twice = tally;
    twice.add(tally);
    worker.send({tally});
    expect(history_of(scene, all_of(TallyPeriod::minute)) == std::vector{twice},
           "each number of the tally twice");
}

std::vector<Tally> many_tallies() {
    using enum TallyOutcome;
    std::vector<Tally> tallies;
    for (const Timestamp start : {noon, noon + a_minute})
        for (const auto* queue : {"a", "b"})
            for (const auto* type : {"A", "a", "a.b"}) {
                for (const auto outcome :
                     {cancelled, completed, failed, released, rescued, retried})
                    tallies.push_back(tally_of(
                        {.start = start, .queue = queue, .type = type, .outcome = outcome}));
                for (const auto* code : {" ", "E", "E ", "e", "é\t\"'\\", "\U0001F600"})
                    tallies.push_back(tally_of({.start = start,
                                                .queue = queue,
                                                .type = type,
                                                .outcome = failed,
                                                .error_code = code}));
            }
    return tallies;
}

void returns_tallies_by_key(Scene& scene) {
    auto tallies = many_tallies();
    std::ranges::sort(tallies, std::ranges::greater(), &Tally::key);
    SentHeartbeats(scene.operators()).send(tallies);
    std::ranges::reverse(tallies);
    for (const std::size_t limit : {1U, 7U, 1'000U}) {
        auto query = all_of(TallyPeriod::minute);
        query.limit = limit;
        expect(history_of(scene, query) == tallies,
               fmt::format("all tallies by key, in pages of {}", limit));
    }
}

void filters_tallies(Scene& scene) {
    const auto tallies = many_tallies();
    SentHeartbeats(scene.operators()).send(tallies);
    const auto expect_found = [&](HistoryQuery query, std::string_view when) {
        std::vector<Tally> expected;
        for (const Tally& tally : tallies)
            if ((!query.queue || tally.key.queue == *query.queue) &&
                (!query.type || tally.key.type == *query.type) && tally.key.start >= query.since &&
                tally.key.start < query.until)
                expected.push_back(tally);
        std::ranges::sort(expected, {}, &Tally::key);
        expect(history_of(scene, query) == expected, when);
        query.limit = 5;
        expect(history_of(scene, query) == expected, fmt::format("{}, in pages", when));
    };
    auto query = all_of(TallyPeriod::minute);
    query.queue = "b";
    expect_found(query, "the tallies of a queue");
    query.type = "a";
    expect_found(query, "the tallies of a queue and a type");
    query.queue.reset();
    expect_found(query, "the tallies of a type");
    query.type = "none";
    expect_found(query, "no tally of another type");
    query = all_of(TallyPeriod::minute);
    query.since = noon + Duration{1};
    expect_found(query, "the tallies since a time");
    query.since = noon;
    query.until = noon + a_minute;
    expect_found(query, "the tallies before a time");
    query.until = noon;
    expect_found(query, "no tally of no time");
}

void keeps_the_most_tallies(Scene& scene) {
    std::vector<Tally> tallies;
    for (std::size_t i = 0; i < WorkerHeartbeat::max_tallies; ++i)
        tallies.push_back(tally_of({.start = noon, .type = fmt::format("type{}", i)}));
    SentHeartbeats worker(scene.operators());
    worker.send(tallies);
    for (const TallyPeriod period : tally_periods)
        expect_equal(counted(scene, period), tallies.size(), "count");
    tallies.push_back(tallies.front());
    expect_refused("the number of tallies", [&] { worker.send(tallies); });
}

/// In opposite orders, so that the calls conflict.
void adds_up_concurrent_heartbeats(Scene& scene) {
    std::vector<Tally> tallies;
    for (int i = 0; i < 20; ++i)
        tallies.push_back(tally_of({.start = noon, .type = fmt::format("type{}", i)}));
    race(4, [&](std::size_t thread) {
        const auto store = scene.open();
        auto mine = tallies;
        if (thread % 2 == 1) std::ranges::reverse(mine);
        SentHeartbeats worker(*store->operators(), fmt::format("worker {}", thread));
        for (int i = 0; i < 5; ++i) {
            with_retries([&] { return worker.send(mine); });
            with_retries([&] { return worker.resend(); });
        }
    });
    for (const TallyPeriod period : tally_periods)
        expect_equal(counted(scene, period), 4 * 5 * tallies.size(), "count");
}

void refuses_tallies(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    const auto refused = [&](std::string_view argument, auto change) {
        Tally bad = tally_of({.start = noon});
        change(bad);
        expect_refused(argument, [&] { worker.send({tally_of({.start = noon}), bad}); });
    };
    refused("start", [](Tally& tally) { tally.key.start += Duration{1}; });
    refused("start", [](Tally& tally) { tally.key.start = Timestamp{-a_minute}; });
    refused("queue", [](Tally& tally) { tally.key.queue = "a b"; });
    refused("type", [](Tally& tally) { tally.key.type.clear(); });
    refused("error_code", [](Tally& tally) { tally.key.error_code = std::string(256, 'x'); });
    refused("count", [](Tally& tally) { tally.count = 0; });
    refused("waited", [](Tally& tally) { tally.waited.counts.back() = 2; });
    refused("ran", [](Tally& tally) { tally.ran.sum = Duration{-1}; });
    for (const TallyPeriod period : tally_periods)
        expect_equal(counted(scene, period), 0, "count of refused heartbeats");
    expect(scene.operators().workers({}, 10).workers.empty(), "no worker of a refused heartbeat");
}

void checks_history_queries(Scene& scene) {
    const auto refused = [&](std::string_view argument, auto change) {
        auto query = all_of(TallyPeriod::day);
        change(query);
        expect_refused(argument, [&] { scene.operators().history(query); });
    };
    for (const std::size_t limit : {std::size_t{0}, HistoryQuery::max_limit + 1})
        refused("limit", [&](HistoryQuery& query) { query.limit = limit; });
    refused("queue", [](HistoryQuery& query) { query.queue = ""; });
    refused("type", [](HistoryQuery& query) { query.type = "a b"; });
    refused("since", [](HistoryQuery& query) { query.since = Timestamp{Duration{-1}}; });
    refused("until",
            [](HistoryQuery& query) { query.until = far_ahead + 24 * 366 * 7'100 * an_hour; });
}

void purges_old_tallies(Scene& scene) {
    const Timestamp now = start_of(TallyPeriod::minute, scene.operators().counts().now);
    SentHeartbeats(scene.operators())
        .send({tally_of({.start = start_of(TallyPeriod::minute, long_ago)}),
               tally_of({.start = now})});
    expect_equal(scene.operators().purge(0), 0, "rows purged by a purge of none");
    expect_equal(scene.operators().purge(2), 2, "rows purged by a purge of two");
    expect_equal(scene.operators().purge(100), 1, "rows purged by the next one");
    expect_equal(scene.operators().purge(100), 0, "rows purged by the last one");
    for (const TallyPeriod period : tally_periods) {
        const auto left = history_of(scene, all_of(period));
        expect_equal(left.size(), 1, "tallies left");
        expect_equal(left[0].key.start, start_of(period, now), "start of the tally that is left");
    }
}

} // namespace

Cases operator_history_cases() {
    return {
        {"a tally is added to its minute, its hour and its day", adds_to_every_period},
        {"tallies of heartbeats and workers are added up", adds_up_workers},
        {"a repeated heartbeat is counted once", counts_repeated_heartbeats_once},
        {"every number of a tally is kept and added", keeps_every_number},
        {"tallies are returned by key, in pages of any length", returns_tallies_by_key},
        {"history is filtered by queue, type and time", filters_tallies},
        {"a heartbeat of the largest number of tallies is counted", keeps_the_most_tallies},
        {"concurrent heartbeats lose no count", adds_up_concurrent_heartbeats},
        {"a heartbeat with a tally out of range changes nothing", refuses_tallies},
        {"a query of history out of range is refused", checks_history_queries},
        {"a purge deletes old tallies of each period", purges_old_tallies},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
