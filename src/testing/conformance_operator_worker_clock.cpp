#include "conformance_fleet.hpp"

/// Workers and their orders while time passes.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr Duration moment{1};

void orders_no_dead_worker(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send();
    scene.move_clock(3 * worker.next().report.next_within);
    expect(scene.operators().order("a", {.quiet = true}, an_hour), "an order for a living worker");
    scene.move_clock(moment);
    expect(is_dead(record_of(scene, "a"), scene.operators().counts().now), "the worker to be dead");
    expect(!scene.operators().order("a", {.quiet = true}, an_hour), "no order for a dead worker");
    worker.send();
    expect(scene.operators().order("a", {.quiet = true}, an_hour), "an order for one that is back");
}

void waits_for_no_dead_worker(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.next().report.queues = {"default"};
    worker.next().report.types = {"test"};
    worker.send();
    const auto id = scene.submit();
    expect(!scene.operators().why(id)->workers, "no wait for a worker while one lives");
    scene.move_clock(3 * worker.next().report.next_within + moment);
    expect(scene.operators().why(id)->workers == WorkerWait{}, "no worker that could run it");
}

void forgets_expired_orders(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.next().report.next_within = an_hour;
    worker.send();
    scene.operators().order("a", {.quiet = true}, an_hour);
    scene.move_clock(an_hour - moment);
    expect_equal(worker.send().number, 1, "number of the order, a moment before it expires");
    expect(record_of(scene, "a").pending.has_value(), "a pending order");
    scene.move_clock(moment);
    expect(!record_of(scene, "a").pending, "no pending order that has expired");
    expect_equal(worker.resend().number, 0, "number of no order");
    scene.operators().order("a", {.concurrency = 7}, an_hour);
    const auto orders = worker.send();
    expect_equal(orders.number, 2, "number of the next order");
    expect(orders.order == WorkerOrder{.concurrency = 7}, "the next order alone");
}

void shows_the_time_of_the_last_heartbeat(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send();
    const Timestamp first = record_of(scene, "a").last_heartbeat;
    scene.move_clock(an_hour);
    worker.resend();
    expect_equal(record_of(scene, "a").last_heartbeat, first, "last_heartbeat, repeated");
    worker.send();
    expect_equal(record_of(scene, "a").last_heartbeat, first + an_hour, "last_heartbeat");
}

void purges_lost_workers(Scene& scene) {
    for (const auto* name : {"a", "b", "c"}) SentHeartbeats(scene.operators(), name).send();
    scene.move_clock(24 * an_hour);
    SentHeartbeats(scene.operators(), "b", 2).send();
    expect_equal(scene.operators().purge(100), 0, "workers purged after a day");
    scene.move_clock(moment);
    expect_equal(scene.operators().purge(1), 1, "workers purged by a purge of one");
    expect_equal(scene.operators().purge(100) + scene.operators().purge(100), 1,
                 "workers purged by the next ones");
    const auto left = scene.operators().workers({}, 10).workers;
    expect_equal(left.size(), 1, "workers left");
    expect_equal(left[0].report.worker, "b", "the worker that has reported since");
}

void keeps_tallies_for_their_time(Scene& scene) {
    const Timestamp now = start_of(TallyPeriod::day, scene.operators().counts().now);
    SentHeartbeats(scene.operators()).send({tally_of({.start = now})});
    for (const TallyPeriod period : tally_periods) {
        const Duration to_its_end = now + kept_for(period) - scene.operators().counts().now;
        scene.move_clock(to_its_end);
        scene.operators().purge(100);
        expect_equal(counted(scene, period), 1, "count within its time");
        scene.move_clock(moment);
        expect_equal(scene.operators().purge(100), 1, "rows purged after it");
        expect_equal(counted(scene, period), 0, "count after its time");
    }
}

} // namespace

Cases operator_worker_clock_cases() {
    return {
        {"a worker that has missed three heartbeats takes no orders", orders_no_dead_worker},
        {"a worker that has missed three heartbeats could run no job", waits_for_no_dead_worker},
        {"an order that has expired has no effect", forgets_expired_orders},
        {"a worker's last heartbeat is timed by the store's clock",
         shows_the_time_of_the_last_heartbeat},
        {"a purge deletes workers a day after their last heartbeat", purges_lost_workers},
        {"tallies are kept for the time of their period", keeps_tallies_for_their_time},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
