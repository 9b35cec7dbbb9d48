#include <asyncjobs/store/limit_buckets.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

using State = LimitRefusal::State;

std::vector<std::string> names_of(const std::vector<LimitedBy>& limits) {
    std::vector<std::string> names;
    for (const LimitedBy& by : limits) names.push_back(by.bucket);
    return names;
}

/// The buckets of some limits, and a clock.
struct Buckets {
    std::vector<Limit> limits;
    std::map<std::string, LimitBucket> buckets = {};
    Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    Timestamp back_at = {};
    std::uint64_t ids = 0;

    LimitedJob job() { return {JobId::make(now, 0, ++ids), now}; }

    std::optional<LimitRefusal> admit(const LimitedJob& job, std::string_view owner = "ann",
                                      const std::optional<std::string>& key = {}) {
        const LimitsOfClaim of_claim(limits, {}, "worker");
        const auto bucket = [this](const std::string& name) -> LimitBucket& {
            return buckets[name];
        };
        return asyncjobs::admit(job, of_claim.of("test", "default", owner, key), bucket, now,
                                [this] { return back_at = std::max(now, back_at) + 1us; });
    }
};

TEST_CASE("a job is in one bucket of each limit that applies to it") {
    const std::vector<Limit> of_all = {
        {.name = "all", .concurrency = 1},
        {.name = "of-queue", .queue = "q", .concurrency = 1},
        {.name = "of-type", .type = "t", .concurrency = 1},
        {.name = "of-both", .queue = "q", .type = "t", .concurrency = 1},
        {.name = "owners", .scope = LimitScope::owner, .concurrency = 1},
        {.name = "keys", .scope = LimitScope::key, .concurrency = 1}};
    const std::vector<Limit> of_worker = {
        {.name = "mine", .concurrency = 1},
        {.name = "my-owners", .scope = LimitScope::owner, .concurrency = 1}};
    const LimitsOfClaim limits(of_all, of_worker, "w");
    using Names = std::vector<std::string>;
    CHECK(names_of(limits.of("t", "q", "ann", "7")) == Names{"all", "of-queue", "of-type",
                                                             "of-both", "owners=ann", "keys=7",
                                                             "mine@w", "my-owners@w=ann"});
    CHECK(names_of(limits.of("x", "q", "", {})) ==
          Names{"all", "of-queue", "owners=", "mine@w", "my-owners@w="});
    CHECK(names_of(limits.of("t", "x", "a=b", "=")) ==
          Names{"all", "of-type", "owners=a=b", "keys==", "mine@w", "my-owners@w=a=b"});
    for (const LimitedBy& by : limits.of("t", "q", "ann", "7")) {
        CAPTURE(by.bucket);
        CHECK(limits.limit_of(by.bucket) == by.limit);
        CHECK(by.of_worker == (by.bucket.find('@') != by.bucket.npos));
    }
}

TEST_CASE("the library's own jobs are subject only to limits that name their queue or type") {
    const std::vector<Limit> of_all = {
        {.name = "all", .concurrency = 1},
        {.name = "owners", .scope = LimitScope::owner, .concurrency = 1},
        {.name = "of-queue", .queue = "q", .concurrency = 1},
        {.name = "of-type", .type = "asyncjobs.t", .concurrency = 1}};
    const std::vector<Limit> of_worker = {{.name = "mine", .concurrency = 1}};
    const LimitsOfClaim limits(of_all, of_worker, "w");
    using Names = std::vector<std::string>;
    CHECK(names_of(limits.of("asyncjobs.t", "x", "", {})) == Names{"of-type"});
    CHECK(names_of(limits.of("asyncjobs.u", "q", "", {})) == Names{"of-queue"});
    CHECK(names_of(limits.of("asyncjobs.u", "x", "", {})).empty());
    CHECK(names_of(limits.of("asyncjobsu", "x", "", {})) == Names{"all", "owners=", "mine@w"});
}

TEST_CASE("a bucket of a deleted limit, or of another worker, has no limit") {
    const std::vector<Limit> of_all = {
        {.name = "ab", .scope = LimitScope::owner, .concurrency = 1}};
    const std::vector<Limit> of_worker = {{.name = "mine", .concurrency = 1}};
    const LimitsOfClaim limits(of_all, of_worker, "w");
    CHECK(limits.limit_of("ab=ann") == &of_all[0]);
    CHECK(limits.limit_of("a") == nullptr);
    CHECK(limits.limit_of("abc=ann") == nullptr);
    CHECK(limits.limit_of("mine@w") == &of_worker[0]);
    CHECK(limits.limit_of("mine") == nullptr);
    CHECK(limits.limit_of("mine@w2") == nullptr);
}

TEST_CASE_FIXTURE(Buckets, "a concurrency admits that many jobs, and the rest wait for admission") {
    limits = {{.name = "two", .concurrency = 2}};
    CHECK(!admit(job()));
    CHECK(!admit(job()));
    const auto refused = admit(job());
    REQUIRE(refused);
    CHECK(refused->by.limit == &limits[0]);
    CHECK(refused->state == State::waiting);
    CHECK(refused->run_at == std::nullopt);
    CHECK(buckets["two"].held == 2);
    CHECK(free_slots(limits[0], buckets["two"], now) == 0);
    --buckets["two"].held;
    CHECK(free_slots(limits[0], buckets["two"], now) == 1);
    CHECK(!admit(job()));
}

TEST_CASE("a job that waits for one worker is retried by others") {
    const std::vector<Limit> own = {{.name = "mine", .concurrency = 1}};
    LimitBucket bucket{.held = 1};
    const LimitsOfClaim limits({}, own, "w");
    const Timestamp now{1000h};
    const auto refused = admit(
        {}, limits.of("t", "q", "", {}), [&](const std::string&) -> LimitBucket& { return bucket; },
        now, [&] { return now; });
    REQUIRE(refused);
    CHECK(refused->by.of_worker);
    REQUIRE(refused->run_at);
    CHECK(*refused->run_at > now);
}

TEST_CASE("a bucket admits no more jobs than it has free slots") {
    const Limit limit{.name = "five", .concurrency = 5};
    LimitBucket bucket{.held = 2, .has_waiting = true};
    CHECK(free_slots(limit, bucket, Timestamp{1h}) == 3);
    bucket.admitted = {JobId::make(Timestamp{1h}, 0, 1), JobId::make(Timestamp{1h}, 0, 2)};
    CHECK(free_slots(limit, bucket, Timestamp{1h}) == 1);
    bucket.held = 9;
    CHECK(free_slots(limit, bucket, Timestamp{1h}) == 0);
    bucket = {.has_waiting = false};
    CHECK(free_slots(limit, bucket, Timestamp{1h}) == 0);
}

TEST_CASE_FIXTURE(Buckets, "a job takes a slot in all of its buckets or in none") {
    limits = {{.name = "a-rate", .rate = 1, .period = 1h, .burst = 2},
              {.name = "owners", .scope = LimitScope::owner, .concurrency = 1}};
    CHECK(!admit(job(), "ann"));
    const auto before = buckets["a-rate"].next_at;
    REQUIRE(admit(job(), "ann"));
    CHECK(buckets["a-rate"].next_at == before);
    CHECK(!admit(job(), "bob"));
    REQUIRE(admit(job(), "cid"));
    CHECK(buckets["owners=cid"].held == 0);
}

TEST_CASE_FIXTURE(Buckets, "jobs too early for a rate wait and are admitted one by one") {
    limits = {{.name = "rate", .rate = 4, .period = 1s, .burst = 2}};
    LimitBucket& bucket = buckets["rate"];
    CHECK(!admit(job()));
    CHECK(!admit(job()));
    const auto refused = admit(job());
    REQUIRE(refused);
    CHECK(refused->state == State::waiting);
    CHECK(refused->run_at == std::nullopt);
    CHECK(next_start(limits[0], bucket, now) == now + 250ms);
    CHECK(free_slots(limits[0], bucket, now) == 0);
    now += 249'999us;
    CHECK(free_slots(limits[0], bucket, now) == 0);
    now += 1us;
    CHECK(free_slots(limits[0], bucket, now) == 1);
    now += 1h;
    CHECK(free_slots(limits[0], bucket, now) == 2);
    bucket.admitted.insert(job().id);
    CHECK(free_slots(limits[0], bucket, now) == 1);
}

TEST_CASE_FIXTURE(Buckets, "a limit with a rate and a concurrency admits what both allow") {
    limits = {{.name = "both", .concurrency = 3, .rate = 1, .period = 1s, .burst = 2}};
    LimitBucket& bucket = buckets["both"];
    bucket.has_waiting = true;
    CHECK(free_slots(limits[0], bucket, now) == 2);
    bucket.held = 2;
    CHECK(free_slots(limits[0], bucket, now) == 1);
    bucket.held = 3;
    CHECK(free_slots(limits[0], bucket, now) == 0);
    CHECK(admit(job()));
}

TEST_CASE_FIXTURE(Buckets, "a rate keeps its pace after any set-back of the clock") {
    for (const Duration back : {Duration{1s}, Duration{2h}, Duration{std::chrono::days{30}}}) {
        CAPTURE(back.count());
        buckets.clear();
        limits = {{.name = "rate", .rate = 1, .period = 10s, .burst = 3}};
        for (int i = 0; i < 3; ++i) REQUIRE(!admit(job()));
        now -= back;
        CHECK(next_start(limits[0], buckets["rate"], now) <= now + 10s);
        CHECK(admit(job()));
        now += 10s;
        CHECK(!admit(job()));
        CHECK(admit(job()));
        now += 10s;
        CHECK(!admit(job()));
    }
}

/// Adds jobs at random times, and starts each when the rate admits it.
std::vector<Timestamp> starts_of(const Limit& limit, Duration interval, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](Duration end) {
        return Duration(std::uniform_int_distribution(Duration::rep{0}, end.count() - 1)(random));
    };
    Buckets world{.limits = {limit}};
    std::multimap<Timestamp, LimitedJob> due;
    for (int i = 0; i < 60; ++i) {
        world.now += below(random() % 4 == 0 ? 20 * interval : interval);
        due.emplace(world.now, world.job());
    }
    std::vector<Timestamp> starts;
    while (!due.empty()) {
        const auto [run_at, job] = *due.begin();
        due.erase(due.begin());
        // A worker may be late.
        world.now = starts.empty() ? run_at : std::max(run_at, starts.back());
        if (random() % 8 == 0) world.now += below(5 * interval);
        if (world.admit(job))
            due.emplace(next_start(limit, world.buckets["rate"], world.now), job);
        else
            starts.push_back(world.now);
    }
    return starts;
}

TEST_CASE("no window of a rate has more starts than the burst and its share") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const std::size_t burst = 1 + seed % 5;
        const std::size_t rate = 1 + seed % 7;
        const Duration interval = Duration{1s} / static_cast<Duration::rep>(rate);
        const auto starts =
            starts_of({.name = "rate", .rate = rate, .burst = burst}, interval, seed);
        REQUIRE(starts.size() == 60);
        for (std::size_t i = 0; i < starts.size(); ++i)
            for (std::size_t j = 0; j <= i; ++j) {
                const auto share = static_cast<std::size_t>(
                    (starts[i] - starts[j]) * static_cast<Duration::rep>(rate) / Duration{1s});
                if (i - j + 1 <= burst + share) continue;
                CAPTURE(seed);
                FAIL("jobs " << j << " to " << i << " started within "
                             << (starts[i] - starts[j]).count() << " us");
            }
    }
}

TEST_CASE_FIXTURE(Buckets, "an idle rate admits a whole burst and no more") {
    limits = {{.name = "rate", .rate = 1, .period = 1s, .burst = 3}};
    for (int i = 0; i < 3; ++i) CHECK(!admit(job()));
    CHECK(admit(job()));
    now += 1h;
    for (int i = 0; i < 3; ++i) CHECK(!admit(job()));
    CHECK(admit(job()));
}

struct Turns : Buckets {
    Turns()
        : Buckets{.limits = {{.name = "turns",
                              .queue = "default",
                              .scope = LimitScope::owner,
                              .round_robin = true}}} {}
};

TEST_CASE_FIXTURE(Turns, "an owner's next job goes to the back, and later ones wait") {
    const auto first = job(), second = job(), third = job();
    now += 1s;
    CHECK(!admit(first));
    const auto refused = admit(second);
    REQUIRE(refused);
    CHECK(refused->state == State::admitted);
    REQUIRE(refused->run_at);
    CHECK(*refused->run_at > now);
    CHECK(buckets["turns=ann"].admitted.contains(second.id));
    const auto waits = admit(third);
    REQUIRE(waits);
    CHECK(waits->state == State::waiting);
    CHECK(free_slots(limits[0], buckets["turns=ann"], now) == 0);
    CHECK(!admit(second));
    CHECK(buckets["turns=ann"].admitted.empty());
    CHECK(free_slots(limits[0], buckets["turns=ann"], now) == 1);
}

TEST_CASE_FIXTURE(Turns, "an owner not served since its job arrived is next") {
    CHECK(!admit(job(), "ann"));
    now += 1s;
    CHECK(!admit(job(), "ann"));
    CHECK(!admit(job(), "bob"));
    CHECK(admit(job(), "bob"));
}

} // namespace
