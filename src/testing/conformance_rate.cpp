#include "conformance_limit.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void limits_the_rate(Scene& scene) {
    scene.store().set_limit({.name = "rate", .rate = 4, .period = a_year, .burst = 3});
    const auto ids = scene.submit(6);
    const auto before = scene.job(ids[5]);
    const auto exchange = exchange_all(scene);
    expect_equal(ids_of(exchange.claimed), {ids[0], ids[1], ids[2]}, "jobs claimed");
    expect(exchange.next_due_in && *exchange.next_due_in > a_year / 5 &&
               *exchange.next_due_in <= a_year / 4,
           "the next one to start an interval later");
    for (const auto& id : {ids[0], ids[1], ids[2]}) complete(scene, id);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed after these have ended");
    expect_same(scene.job(ids[5]), before, "of a job that waits for a rate");
    scene.store().set_limit({.name = "rate", .rate = 8, .period = a_year, .burst = 2});
    expect_equal(claimed_ids(scene, 10), {ids[3], ids[4]}, "jobs claimed by a higher rate");
    scene.store().set_limit({.name = "rate"});
    expect_equal(claimed_ids(scene, 10), {ids[5]}, "jobs claimed without a limit");
}

void spends_no_rate_on_jobs_that_do_not_start(Scene& scene) {
    scene.store().set_limit({.name = "a-rate", .rate = 1, .period = a_year, .burst = 2});
    scene.store().set_limit({.name = "one", .type = "slow", .concurrency = 1});
    const auto slow = scene.submit(3, {.type = "slow"});
    const auto quick = scene.submit({.type = "quick"});
    expect_equal(claimed_ids(scene, 10), {slow[0], quick}, "jobs claimed");
}

void passes_on_the_starts_of_cancelled_jobs(Scene& scene) {
    scene.store().set_limit({.name = "rate", .rate = 1, .period = std::chrono::minutes{10}});
    const auto ids = scene.submit(60);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed at first");
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while the others wait");
    for (std::size_t i = 1; i < 59; ++i) scene.store().cancel(ids[i], {});
    const auto exchange = exchange_all(scene);
    expect(exchange.next_due_in && *exchange.next_due_in <= std::chrono::minutes{10},
           "the last one to start an interval after the first");
    scene.store().set_limit(
        {.name = "rate", .rate = 1, .period = std::chrono::minutes{10}, .burst = 2});
    expect_equal(claimed_ids(scene, 10), {ids[59]}, "jobs claimed by another rate");
}

void counts_the_rate_of_each_key_apart(Scene& scene) {
    scene.store().set_limit(
        {.name = "servers", .scope = LimitScope::key, .rate = 1, .period = a_year, .burst = 2});
    const auto a = scene.submit(4, {.limit_key = "a"});
    const auto b = scene.submit(4, {.limit_key = "b"});
    const auto other = scene.submit();
    expect_equal(claimed_ids(scene, 10), {a[0], a[1], b[0], b[1], other}, "jobs claimed");
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed again");
}

void enforces_a_rate_and_a_concurrency(Scene& scene) {
    scene.store().set_limit(
        {.name = "both", .concurrency = 2, .rate = 1, .period = a_year, .burst = 3});
    const auto ids = scene.submit(5);
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[1]}, "jobs claimed at first");
    complete(scene, ids[0]);
    expect_equal(claimed_ids(scene, 10), {ids[2]}, "jobs claimed after one has ended");
    complete(scene, ids[1]);
    complete(scene, ids[2]);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed once the burst is spent");
}

void works_off_a_backlog(Scene& scene) {
    constexpr std::size_t jobs = 1500, burst = 40;
    scene.store().set_limit(
        {.name = "rate", .type = "slow", .rate = 1, .period = a_year, .burst = burst});
    const auto slow = scene.submit(jobs, {.type = "slow"});
    const auto quick = scene.submit({.type = "quick"});
    std::vector<JobId> claimed;
    std::size_t throttled = 0;
    const std::vector<std::string> queues = {"default"};
    for (;;) {
        const auto exchange = scene.store().claim(
            {.worker = "worker", .queues = queues, .limit = 10, .lease_for = long_lease});
        for (const auto& job : exchange.claimed) claimed.push_back(job.lease.id);
        throttled += exchange.throttled.size();
        if (exchange.next_due_in > Duration::zero()) break;
    }
    std::vector<JobId> expected(slow.begin(), slow.begin() + burst);
    expected.push_back(quick);
    expect_equal(claimed, expected, "jobs claimed");
    expect_equal(throttled, jobs - burst, "throttled jobs, each once");
}

} // namespace

Cases rate_cases() {
    return {
        {"a rate admits a burst and the rest later", limits_the_rate},
        {"a job that may not start uses no rate", spends_no_rate_on_jobs_that_do_not_start},
        {"a rate passes on the starts of cancelled jobs", passes_on_the_starts_of_cancelled_jobs},
        {"a rate per key counts keys separately", counts_the_rate_of_each_key_apart},
        {"a limit with a rate and a concurrency enforces both", enforces_a_rate_and_a_concurrency},
        {"a backlog under a rate does not delay others and is scanned once", works_off_a_backlog},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
