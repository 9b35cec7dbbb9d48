#include "conformance_operator.hpp"

/// What operators count.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void expect_counts(Scene& scene, const StatusCounts& expected, std::string_view when) {
    const auto found = scene.operators().counts();
    const auto same = [&](std::string_view name, auto StatusCounts::*member) {
        expect_equal(found.*member, expected.*member, fmt::format("{} jobs {}", name, when));
    };
    same("pending", &StatusCounts::pending);
    same("processing", &StatusCounts::processing);
    same("completed", &StatusCounts::completed);
    same("failed", &StatusCounts::failed);
    same("cancelled", &StatusCounts::cancelled);
}

void counts_nothing(Scene& scene) {
    expect_counts(scene, {}, "in an empty store");
    const auto page = scene.operators().queues({}, 10);
    expect(page.queues.empty() && !page.next, "no queue, and no next page");
    expect_equal(found_by(scene, {}), {}, "jobs found");
    expect(!scene.operators().why(scene.fresh_id()), "no explanation");
}

void counts_by_status(Scene& scene) {
    scene.submit(4, {.queue = "waiting"});
    scene.submit({.queue = "waiting", .delay = an_hour});
    for (int i = 0; i < 4; ++i) scene.completed();
    for (int i = 0; i < 3; ++i) scene.failed();
    const auto cancelled = scene.cancelled();
    scene.running({.queue = "one"});
    scene.running({.queue = "two"});
    const StatusCounts expected = {.pending = exactly(5),
                                   .processing = exactly(2),
                                   .completed = exactly(4),
                                   .failed = exactly(3),
                                   .cancelled = exactly(1)};
    expect_counts(scene, expected, "at first");
    const auto other = scene.open();
    expect_equal(other->operators()->counts().completed, exactly(4),
                 "completed jobs, through another object");
    scene.store().retry(cancelled);
    scene.accept(Settlement::completed(scene.claim_one().lease, {}));
    scene.store().remove(cancelled);
    auto later = expected;
    later.cancelled = exactly(0);
    expect_counts(scene, later, "after one was retried, completed and removed");
}

void counts_after_each_change(Scene& scene) {
    const auto retried = scene.running({.max_attempts = 3});
    scene.accept(Settlement::retried(retried.lease, {.code = "E", .message = ""}, {}));
    expect_counts(scene, {.pending = exactly(1)}, "after a retry by the worker");
    scene.accept(Settlement::released(scene.claim_one().lease));
    expect_counts(scene, {.pending = exactly(1)}, "after a release");
    scene.claim_one("default", no_lease);
    expect_counts(scene, {.processing = exactly(1)}, "after the lease has expired");
    scene.rescue_one();
    expect_counts(scene, {.pending = exactly(1)}, "after a rescue");
    scene.claim_one("default", no_lease);
    scene.rescue_one(1);
    expect_counts(scene, {.failed = exactly(1)}, "after a rescue at the crash limit");
    scene.store().retry(retried.lease.id);
    scene.claim_one();
    scene.store().cancel(retried.lease.id, {});
    expect_counts(scene, {.processing = exactly(1)}, "after a request to stop");
    scene.store().cancel(retried.lease.id, {.force = true});
    expect_counts(scene, {.cancelled = exactly(1)}, "after a forced cancel");
    scene.store().remove(retried.lease.id);
    scene.cancelled({.retention = {}});
    expect_equal(scene.store().purge(10), 1, "jobs purged");
    expect_counts(scene, {}, "after a purge");
}

void has_the_time_of_the_store(Scene& scene) {
    const auto before = scene.job(scene.submit()).created_at;
    const Timestamp times[] = {scene.operators().counts().now, scene.operators().queues({}, 10).now,
                               scene.operators().why(scene.submit())->now};
    const auto after = scene.job(scene.submit()).created_at;
    for (const Timestamp time : times)
        expect(before <= time && time <= after,
               fmt::format("{} to be a time from {} to {}", show(time), show(before), show(after)));
}

} // namespace

Cases operator_count_cases() {
    return {
        {"operators find nothing in an empty store", counts_nothing},
        {"jobs are counted by their status", counts_by_status},
        {"each change of a status changes the counts", counts_after_each_change},
        {"the time that operators are shown is the store's", has_the_time_of_the_store},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
