#include "conformance_fleet.hpp"

/// What operators order workers to do.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr WorkerOrder quiet{.quiet = true};

void returns_an_order_until_it_is_obeyed(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    expect_equal(worker.send().number, 0, "number of no order");
    expect(scene.operators().order("a", {.quiet = true, .concurrency = 7}, an_hour),
           "the worker to take an order");
    for (int times = 0; times < 2; ++times) {
        const auto orders = worker.send();
        expect_equal(orders.number, 1, "number of the order");
        expect(orders.order == WorkerOrder{.quiet = true, .concurrency = 7}, "the order");
    }
    worker.next().obeyed = 1;
    expect_equal(worker.send().number, 0, "number of no order, once it is obeyed");
    expect(!record_of(scene, "a").pending, "no order, once it is obeyed");
}

void shows_pending_orders(Scene& scene) {
    SentHeartbeats(scene.operators()).send();
    scene.operators().order("a", quiet, an_hour);
    const auto page = scene.operators().workers({}, 1);
    const auto pending = page.workers.at(0).pending;
    expect(pending && pending->order == quiet, "the pending order");
    expect(pending->expires_at > page.now && pending->expires_at <= page.now + an_hour,
           "the order to expire after its time");
}

void merges_orders(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send();
    scene.operators().order("a", {.quiet = true, .concurrency = 7}, an_hour);
    scene.operators().order("a", {.quiet = false}, an_hour);
    const auto orders = worker.send();
    expect_equal(orders.number, 2, "number of the last order");
    expect(orders.order == WorkerOrder{.quiet = false, .concurrency = 7},
           "of each member the later value");
    worker.next().obeyed = 1;
    expect_equal(worker.send().number, 2, "number of the last order, when the first is obeyed");
}

void merges_no_obeyed_order(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send();
    scene.operators().order("a", quiet, an_hour);
    worker.next().obeyed = worker.send().number;
    worker.send();
    scene.operators().order("a", {.concurrency = 7}, an_hour);
    const auto orders = worker.send();
    expect_equal(orders.number, 2, "number of the next order");
    expect(orders.order == WorkerOrder{.concurrency = 7}, "the next order alone");
}

void returns_orders_to_repeated_heartbeats(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send();
    scene.operators().order("a", quiet, an_hour);
    expect(worker.resend().order == quiet, "the order");
}

void gives_orders_to_the_next_run(Scene& scene) {
    SentHeartbeats(scene.operators(), "a", 1).send();
    scene.operators().order("a", quiet, an_hour);
    SentHeartbeats next(scene.operators(), "a", 2);
    expect(next.send().order == quiet, "the order of the last run");
}

/// It may have been deleted, and have come back.
void numbers_orders_after_the_obeyed_one(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.next().obeyed = 7;
    worker.send();
    scene.operators().order("a", quiet, an_hour);
    expect_equal(worker.send().number, 8, "number of the order");
}

void orders_no_other_worker(Scene& scene) {
    expect(!scene.operators().order("a", quiet, an_hour), "no order for an unknown worker");
    SentHeartbeats worker(scene.operators()), other(scene.operators(), "b");
    other.send();
    worker.send();
    expect(scene.operators().order("a", quiet, an_hour), "an order for a running worker");
    expect_equal(other.send().number, 0, "number of no order");
    worker.next().report.state = WorkerState::stopped;
    worker.send();
    expect(!scene.operators().order("a", quiet, an_hour), "no order for a stopped worker");
}

void checks_orders(Scene& scene) {
    SentHeartbeats(scene.operators()).send();
    const auto refused = [&](std::string_view argument, const WorkerOrder& order,
                             Duration valid_for, std::string_view worker = "a") {
        expect_refused(argument, [&] { scene.operators().order(worker, order, valid_for); });
    };
    refused("worker", quiet, an_hour, "");
    refused("order", {}, an_hour);
    for (const unsigned concurrency : {0U, 10'001U})
        refused("concurrency", {.concurrency = concurrency}, an_hour);
    for (const Duration valid_for : {Duration{999'999}, an_hour + Duration{1}})
        refused("valid_for", quiet, valid_for);
    expect(!record_of(scene, "a").pending, "no order that was refused");
}

} // namespace

Cases operator_order_cases() {
    return {
        {"heartbeats return an order until their worker has carried it out",
         returns_an_order_until_it_is_obeyed},
        {"a worker's pending order is listed", shows_pending_orders},
        {"orders are merged, and later values count", merges_orders},
        {"an order that was carried out is not merged", merges_no_obeyed_order},
        {"a repeated heartbeat returns the order", returns_orders_to_repeated_heartbeats},
        {"a pending order is for the worker's next run, too", gives_orders_to_the_next_run},
        {"orders have greater numbers than the last that was carried out",
         numbers_orders_after_the_obeyed_one},
        {"only the ordered worker gets an order, unless it has stopped", orders_no_other_worker},
        {"an order out of range is refused", checks_orders},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
