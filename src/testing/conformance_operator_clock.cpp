#include "conformance_limit.hpp"
#include "conformance_operator.hpp"

/// What operators see while time passes.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void counts_jobs_as_they_become_due(Scene& scene) {
    scene.submit({.delay = an_hour});
    scene.submit({.priority = 50, .delay = 2 * an_hour});
    for (std::uint64_t due = 1; due <= 2; ++due) {
        scene.move_clock(an_hour - Duration{1});
        auto queue = queue_of(scene, "default");
        expect_equal(queue.due, exactly(due - 1), "due jobs, a moment before");
        expect_equal(queue.scheduled, exactly(3 - due), "scheduled jobs, a moment before");
        scene.move_clock(Duration{1});
        queue = queue_of(scene, "default");
        expect_equal(queue.due, exactly(due), "due jobs");
        expect_equal(queue.scheduled, exactly(2 - due), "scheduled jobs");
    }
}

void keeps_the_first_pause(Scene& scene) {
    scene.store().set_paused("default", true);
    const auto first = queue_of(scene, "default");
    expect_equal(first.paused_since, scene.operators().counts().now, "paused_since");
    scene.move_clock(an_hour);
    scene.store().set_paused("default", true);
    expect_equal(queue_of(scene, "default").paused_since, first.paused_since,
                 "paused_since, paused again an hour later");
    scene.store().set_paused("default", false);
    scene.store().set_paused("default", true);
    expect_equal(queue_of(scene, "default").paused_since, *first.paused_since + an_hour,
                 "paused_since, resumed and paused");
}

void explains_a_time_until_it_comes(Scene& scene) {
    const auto id = scene.submit({.priority = 50, .delay = an_hour});
    const auto run_at = scene.job(id).run_at;
    scene.move_clock(an_hour - Duration{1});
    const auto other = scene.submit();
    expect_equal(why(scene, id).not_before, run_at, "not_before, a moment before");
    expect_equal(why(scene, other).before, exactly(0), "jobs before another, a moment before");
    scene.move_clock(Duration{1});
    scene.store().promote(10); // gives the head start of its priority
    expect_equal(why(scene, id).before, exactly(0), "jobs before it, at its time");
    expect_equal(why(scene, other).before, exactly(1), "jobs before the other, at its time");
    expect_equal(why(scene, id).not_before, std::nullopt, "not_before, at its time");
    expect(why(scene, id).now == run_at, "the store's time to be that of the job");
}

void explains_the_next_start(Scene& scene) {
    scene.store().set_limit({.name = "rate", .rate = 2, .period = 2 * an_hour, .burst = 2});
    const auto ids = scene.submit(4);
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[1]}, "jobs claimed");
    const auto start = scene.operators().counts().now;
    scene.move_clock(an_hour / 2);
    auto wait = why(scene, ids[3]);
    expect(wait.limit && wait.limit->next_start == start + an_hour,
           "the next start to be an interval after the burst");
    expect_equal(wait.limit->before, exactly(1), "jobs before it");
    scene.move_clock(an_hour / 2);
    expect_equal(claimed_ids(scene, 10), {ids[2]}, "jobs claimed an interval later");
    wait = why(scene, ids[3]);
    expect(wait.limit && wait.limit->next_start == start + 2 * an_hour,
           "the next start to be another interval later");
    expect_equal(wait.limit->before, exactly(0), "jobs before it, after one has started");
    scene.move_clock(3 * an_hour);
    wait = why(scene, ids[3]);
    expect(!wait.limit || !wait.limit->next_start, "no next start that has passed");
}

/// Another worker may claim them then.
void counts_what_waits_for_a_worker(Scene& scene) {
    const std::vector<Limit> limits = {{.name = "mine", .concurrency = 1}};
    const std::vector<std::string> queues = {"default"};
    const auto ids = scene.submit(3);
    scene.store().claim({.worker = "worker 1",
                         .queues = queues,
                         .limit = 10,
                         .lease_for = long_lease,
                         .limits = limits});
    expect_equal(queue_of(scene, "default").throttled, exactly(2), "throttled jobs");
    expect(why(scene, ids[1]).limit.has_value(), "the limit to hold a throttled job back");
    scene.move_clock(std::chrono::seconds{20});
    const auto queue = queue_of(scene, "default");
    expect_equal(queue.throttled, exactly(0), "throttled jobs, later");
    expect_equal(queue.due, exactly(2), "due jobs");
    expect_equal(queue.oldest_due, scene.job(ids[1]).run_at, "oldest_due");
    expect_equal(why(scene, ids[2]).before, exactly(1), "jobs before the last one");
    expect(!why(scene, ids[2]).limit, "no limit to hold it back");
}

} // namespace

Cases operator_clock_cases() {
    return {
        {"a scheduled job is counted as due from its time on", counts_jobs_as_they_become_due},
        {"a repeated pause keeps the time of the first one",
         keeps_the_first_pause,
         {.queue_control = true}},
        {"a scheduled job waits for its time until it comes", explains_a_time_until_it_comes},
        {"a job that waits for a worker's own limit is due again after a while",
         counts_what_waits_for_a_worker,
         {.limits = true}},
        {"the next start of a rate follows the clock", explains_the_next_start, {.limits = true}},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
