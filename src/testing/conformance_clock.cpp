#include "conformance_limit.hpp"

#include <algorithm>

/// Cases about time: they move the store's clock.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr Duration a_second = std::chrono::seconds{1};
const Limit one_a_second = {.name = "rate", .rate = 1, .period = a_second};

/// One running job, and `count` more that wait for the rate.
std::vector<JobId> wait_for_the_rate(Scene& scene, std::size_t count, const Limit& limit) {
    scene.store().set_limit(limit);
    const auto ids = scene.submit(count + 1);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed at first");
    return {ids.begin() + 1, ids.end()};
}

void starts_jobs_in_the_order_of_their_queue(Scene& scene) {
    for (const auto& id : wait_for_the_rate(scene, 4, one_a_second)) {
        expect_equal(claimed_ids(scene, 10), {}, "jobs claimed too early");
        scene.move_clock(a_second);
        expect_equal(claimed_ids(scene, 10), {id}, "the next one to start");
    }
}

void starts_jobs_of_higher_priority_first(Scene& scene) {
    const auto low = wait_for_the_rate(scene, 2, one_a_second);
    const auto middle = scene.submit({.priority = 20});
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed too early");
    const auto high = scene.submit({.priority = 50});
    for (const auto& id : {high, middle, low[0], low[1]}) {
        scene.move_clock(a_second);
        expect_equal(claimed_ids(scene, 10), {id}, "the next one to start");
    }
}

void gives_a_head_start_to_what_becomes_due(Scene& scene) {
    const auto low = wait_for_the_rate(scene, 2, one_a_second);
    const auto high = scene.submit({.priority = 50, .delay = a_second / 2});
    scene.move_clock(a_second / 2);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed too early");
    for (const auto& id : {high, low[0], low[1]}) {
        scene.move_clock(a_second);
        expect_equal(claimed_ids(scene, 10), {id}, "the next one to start");
    }
}

void skips_cancelled_jobs(Scene& scene) {
    const auto ids = wait_for_the_rate(scene, 59, one_a_second);
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) scene.store().cancel(ids[i], {});
    scene.move_clock(a_second);
    expect_equal(claimed_ids(scene, 10), {ids.back()}, "jobs claimed an interval later");
}

void starts_a_burst_after_a_quiet_time(Scene& scene) {
    auto limit = one_a_second;
    limit.burst = 3;
    scene.store().set_limit(limit);
    const auto ids = scene.submit(8);
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[1], ids[2]}, "jobs claimed at first");
    scene.move_clock(a_second);
    expect_equal(claimed_ids(scene, 10), {ids[3]}, "jobs claimed an interval later");
    scene.move_clock(2 * a_second);
    expect_equal(claimed_ids(scene, 1), {ids[4]}, "the one requested job");
    expect_equal(claimed_ids(scene, 10), {ids[5]}, "jobs claimed two intervals later");
    scene.move_clock(an_hour);
    expect_equal(claimed_ids(scene, 10), {ids[6], ids[7]}, "jobs claimed after an idle time");
}

void continues_when_the_clock_was_set_back(Scene& scene, Duration by) {
    auto limit = one_a_second;
    limit.burst = 2;
    scene.store().set_limit(limit);
    const auto ids = scene.submit(8, {.run_at = long_ago});
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[1]}, "jobs claimed at first");
    scene.move_clock(-by);
    const auto exchange = exchange_all(scene);
    expect(exchange.next_due_in && *exchange.next_due_in <= a_second,
           "the next one to start within an interval");
    for (std::size_t i = 2; i < 5; ++i) {
        if (!exchange.claimed.empty() && exchange.claimed[0].lease.id == ids[i]) continue;
        scene.move_clock(a_second);
        expect_equal(claimed_ids(scene, 10), {ids[i]}, "jobs claimed an interval later");
    }
}

void continues_two_hours_back(Scene& scene) {
    continues_when_the_clock_was_set_back(scene, 2 * an_hour);
}
void continues_a_month_back(Scene& scene) {
    continues_when_the_clock_was_set_back(scene, std::chrono::days{30});
}

void takes_turns_when_the_clock_was_set_back(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    const auto ann = scene.submit(3, {.owner = "ann", .run_at = long_ago});
    expect_equal(claimed_ids(scene, 1), {ann[0]}, "the first one");
    expect_equal(scene.claim(0).size(), 0, "jobs claimed with a limit of 0");
    scene.move_clock(-2 * an_hour);
    const auto bob = scene.submit({.owner = "bob", .run_at = long_ago});
    std::vector<JobId> order;
    for (int i = 0; i < 10 && order.size() < 3; ++i, scene.move_clock(Duration{1000}))
        for (const auto& id : claimed_ids(scene, 1)) order.push_back(id);
    expect_equal(order.size(), 3, "jobs claimed after the clock was set back");
    expect(std::ranges::find(order, bob) != order.end(), "the other owner's job to be one of them");
}

/// The job was at the back of the queue when the clock was set back.
void defers_a_replaced_job_when_the_clock_was_set_back(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    const auto first = scene.submit({.owner = "ann", .run_at = long_ago});
    const auto second = scene.submit({.owner = "ann", .run_at = long_ago, .unique_key = "key"});
    expect_equal(claimed_ids(scene, 10), {first}, "the first one");
    scene.move_clock(-2 * an_hour);
    scene.store().rescue(0, many_crashes);
    const auto later = scene.filled({.owner = "ann",
                                     .delay = an_hour,
                                     .unique_key = "key",
                                     .on_conflict = OnConflict::replace});
    const auto replaced = scene.store().submit({&later, 1}).front();
    expect_equal(replaced.outcome, Submitted::Outcome::replaced, "outcome of the submit");
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed before the replaced one is due");
    scene.move_clock(an_hour);
    std::vector<JobId> claimed;
    for (int i = 0; i < 10 && claimed.empty(); ++i, scene.move_clock(Duration{1000}))
        claimed = claimed_ids(scene, 10);
    expect_equal(claimed, {second}, "jobs claimed when the replaced one is due");
}

/// By a worker that runs one job at a time.
std::vector<ClaimedJob> claimed_under_own_limit(Scene& scene) {
    const std::vector<Limit> limits = {{.name = "mine", .concurrency = 1}};
    const std::vector<std::string> queues = {"default"};
    return scene.store()
        .claim({.worker = "worker 1",
                .queues = queues,
                .limit = 10,
                .lease_for = long_lease,
                .limits = limits})
        .claimed;
}

/// By another worker, as soon as it may receive what waits for the limit of that one.
std::vector<ClaimedJob> claimed_elsewhere(Scene& scene) {
    if (auto at_once = scene.claim(10); !at_once.empty()) return at_once;
    scene.move_clock(std::chrono::seconds{16});
    return scene.claim(10);
}

void waits_no_longer_for_another_worker(Scene& scene) {
    const auto ids = scene.submit(2);
    const auto claimed = claimed_under_own_limit(scene);
    expect_equal(ids_of(claimed), {ids[0]}, "jobs claimed by a worker with a limit");
    const auto elsewhere = claimed_elsewhere(scene);
    expect_equal(ids_of(elsewhere), {ids[1]}, "jobs claimed later by another worker");
    scene.accept(Settlement::released(elsewhere[0].lease, an_hour));
    complete(scene, ids[0]);
    const auto again = claimed_under_own_limit(scene);
    expect_equal(ids_of(again), {}, "jobs claimed while the other job sleeps");
}

/// The job was last changed before the time that the clock shows now.
void waits_no_longer_for_another_worker_back(Scene& scene) {
    const auto ids = scene.submit(2);
    scene.move_clock(3 * an_hour);
    const auto claimed = claimed_under_own_limit(scene);
    expect_equal(ids_of(claimed), {ids[0]}, "jobs claimed by a worker with a limit");
    scene.move_clock(-2 * an_hour);
    expect_equal(scene.store().rescue(10, many_crashes).size(), 0, "expired leases");
    const auto elsewhere = claimed_elsewhere(scene);
    expect_equal(ids_of(elsewhere), {ids[1]}, "jobs claimed by another worker");
}

} // namespace

Cases clock_cases() {
    return {
        {"jobs that wait for a rate start in queue order", starts_jobs_in_the_order_of_their_queue},
        {"a job of higher priority overtakes jobs that wait for the rate",
         starts_jobs_of_higher_priority_first},
        {"a job that becomes due has its head start over jobs that wait for the rate",
         gives_a_head_start_to_what_becomes_due},
        {"the next start of a rate skips cancelled jobs", skips_cancelled_jobs},
        {"a rate admits a burst after an idle time", starts_a_burst_after_a_quiet_time},
        {"a rate continues when the clock was set back by two hours", continues_two_hours_back},
        {"a rate continues when the clock was set back by a month", continues_a_month_back},
        {"round robin continues when the clock was set back",
         takes_turns_when_the_clock_was_set_back},
        {"a replaced job does not start before its time when the clock was set back",
         defers_a_replaced_job_when_the_clock_was_set_back},
        {"another worker can later take a job that waits for a worker's limit",
         waits_no_longer_for_another_worker},
        {"another worker can take such a job when the clock was set back",
         waits_no_longer_for_another_worker_back},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
