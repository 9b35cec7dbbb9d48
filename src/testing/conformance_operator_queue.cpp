#include "conformance_dependency.hpp"
#include "conformance_limit.hpp"
#include "conformance_operator.hpp"

#include <algorithm>

/// The queues that operators see.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void expect_queue(Scene& scene, const QueueState& expected, std::string_view when) {
    const auto found = queue_of(scene, expected.name);
    const auto same = [&](std::string_view name, auto QueueState::*member) {
        expect_equal(found.*member, expected.*member, fmt::format("{} {}", name, when));
    };
    same("due", &QueueState::due);
    same("scheduled", &QueueState::scheduled);
    same("blocked", &QueueState::blocked);
    same("throttled", &QueueState::throttled);
    same("processing", &QueueState::processing);
}

std::vector<std::string> listed(Scene& scene) {
    std::vector<std::string> names;
    for (const QueueState& queue : scene.operators().queues({}, 100).queues)
        names.push_back(queue.name);
    return names;
}

void counts_a_queues_jobs(Scene& scene) {
    scene.submit(4, {.queue = "a"});
    scene.submit(2, {.queue = "a", .delay = an_hour});
    scene.submit({.queue = "a", .priority = 50, .delay = an_hour});
    scene.submit({.queue = "b"});
    scene.claim(1, {"a"});
    expect_queue(
        scene, {.name = "a", .due = exactly(3), .scheduled = exactly(3), .processing = exactly(1)},
        "of one queue");
    expect_queue(scene, {.name = "b", .due = exactly(1)}, "of another queue");
}

void counts_blocked_jobs(Scene& scene) {
    const auto first = scene.submit(), second = scene.submit();
    child_of(scene, {first});
    child_of(scene, {first, second});
    scene.submit({.queue = "children", .delay = an_hour, .after = {first}});
    expect_queue(scene, {.name = "children", .blocked = exactly(3)}, "at first");
    for (const ClaimedJob& job : scene.claim(1)) scene.accept(Settlement::completed(job.lease, {}));
    promote(scene);
    expect_queue(
        scene,
        {.name = "children", .due = exactly(1), .scheduled = exactly(1), .blocked = exactly(1)},
        "after one parent has finished");
}

void counts_throttled_jobs(Scene& scene) {
    scene.store().set_limit({.name = "one", .queue = "default", .concurrency = 1});
    const auto ids = scene.submit(4);
    scene.submit({.delay = an_hour});
    expect_queue(scene, {.name = "default", .due = exactly(4), .scheduled = exactly(1)},
                 "before a claim");
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed");
    expect_queue(scene,
                 {.name = "default",
                  .scheduled = exactly(1),
                  .throttled = exactly(3),
                  .processing = exactly(1)},
                 "after a claim");
    scene.store().cancel(ids[3], {});
    scene.store().set_limit({.name = "one"});
    expect_queue(
        scene,
        {.name = "default", .due = exactly(2), .scheduled = exactly(1), .processing = exactly(1)},
        "without the limit");
}

void counts_jobs_of_a_workers_limit(Scene& scene) {
    const std::vector<Limit> limits = {{.name = "mine", .concurrency = 1}};
    const std::vector<std::string> queues = {"default"};
    scene.submit(3);
    scene.store().claim({.worker = "worker",
                         .queues = queues,
                         .limit = 10,
                         .lease_for = long_lease,
                         .limits = limits});
    expect_queue(scene, {.name = "default", .throttled = exactly(2), .processing = exactly(1)},
                 "of jobs that wait for a worker's own limit");
}

void counts_jobs_of_a_round_robin_once(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    scene.submit(3, {.owner = "ann"});
    scene.submit(3, {.owner = "bob"});
    for (std::uint64_t claimed = 1; claimed <= 6; ++claimed) {
        expect_equal(scene.claim(1).size(), 1, "jobs claimed");
        const auto queue = queue_of(scene, "default");
        expect_equal(queue.processing, exactly(claimed), "processing");
        expect_equal(queue.due.value + queue.scheduled.value + queue.throttled.value, 6 - claimed,
                     "all pending jobs");
    }
}

void lists_used_queues(Scene& scene) {
    scene.submit({.queue = "pending"});
    scene.submit({.queue = "scheduled", .delay = an_hour});
    const auto running = scene.running({.queue = "processing"});
    scene.completed({.queue = "completed"});
    scene.cancelled({.queue = "cancelled"});
    expect_equal(listed(scene), {"pending", "processing", "scheduled"}, "queues listed");
    scene.accept(Settlement::completed(running.lease, {}));
    expect_equal(listed(scene), {"pending", "scheduled"}, "queues listed after one has ended");
}

void lists_paused_queues(Scene& scene) {
    scene.store().set_paused("empty", true);
    scene.store().set_paused("b", true);
    scene.submit({.queue = "a"});
    scene.submit({.queue = "b"});
    scene.submit({.queue = "b", .delay = an_hour});
    expect_equal(listed(scene), {"a", "b", "empty"}, "queues listed");
    expect_queue(scene, {.name = "empty"}, "of a paused queue without jobs");
    expect_queue(scene, {.name = "b", .due = exactly(1), .scheduled = exactly(1)},
                 "of a paused queue");
    expect(queue_of(scene, "b").oldest_due.has_value(), "oldest_due of a paused queue to be set");
    scene.store().set_paused("empty", false);
    expect_equal(listed(scene), {"a", "b"}, "queues listed after one was resumed");
}

void returns_since_when_it_is_paused(Scene& scene) {
    const auto before = scene.job(scene.submit()).created_at;
    expect_equal(queue_of(scene, "default").paused_since, std::nullopt, "paused_since at first");
    scene.store().set_paused("default", true);
    const auto since = queue_of(scene, "default").paused_since;
    expect(since && *since >= before, "paused_since not before the pause");
    const auto after = scene.job(scene.submit()).created_at;
    expect(*since <= after, "paused_since not after the pause");
    scene.store().set_paused("default", true);
    expect_equal(queue_of(scene, "default").paused_since, since, "paused_since, paused again");
    expect_equal(scene.open()->operators()->queues({}, 10).queues.at(0).paused_since, since,
                 "paused_since, through another object");
    scene.store().set_paused("default", false);
    expect_equal(queue_of(scene, "default").paused_since, std::nullopt, "paused_since, resumed");
}

void returns_the_oldest_due(Scene& scene) {
    scene.submit({.delay = an_hour});
    expect_equal(queue_of(scene, "default").oldest_due, std::nullopt,
                 "oldest_due of a queue with a scheduled job");
    scene.submit();
    scene.submit({.priority = 50});
    scene.submit({.run_at = long_ago + an_hour});
    scene.submit({.run_at = long_ago});
    for (int due = 4; due > 0; --due) {
        const auto oldest = queue_of(scene, "default").oldest_due;
        const auto claimed = scene.claim(1);
        expect_equal(claimed.size(), 1, "jobs claimed");
        expect_equal(oldest, scene.job(claimed[0].lease.id).run_at,
                     "oldest_due, before the job was claimed");
    }
    expect_equal(queue_of(scene, "default").oldest_due, std::nullopt,
                 "oldest_due once all due jobs were claimed");
}

void skips_throttled_jobs(Scene& scene) {
    scene.store().set_limit({.name = "one", .type = "slow", .concurrency = 1});
    scene.submit(2, {.type = "slow", .run_at = long_ago});
    const auto quick = scene.submit({.type = "quick", .run_at = long_ago + an_hour});
    scene.submit({.type = "quick"});
    expect_equal(claimed_ids(scene, 2).back(), quick, "the second job claimed");
    expect(*queue_of(scene, "default").oldest_due > long_ago + an_hour,
           "oldest_due not to be that of a throttled job");
}

void pages_queues(Scene& scene) {
    const std::vector<std::string> sorted = {"A", "B-1", "B.1", "Z", "a", "a:b", "b", "z/z"};
    for (auto name = sorted.rbegin(); name != sorted.rend(); ++name) {
        scene.submit({.queue = *name});
        scene.completed({.queue = "done:" + *name});
    }
    for (const std::size_t limit : {std::size_t{1}, std::size_t{3}, sorted.size()}) {
        std::vector<std::string> names;
        std::string after;
        for (;;) {
            const auto page = scene.operators().queues(after, limit);
            expect(page.queues.size() <= limit, "no more queues in a page than its limit");
            for (const QueueState& queue : page.queues) names.push_back(queue.name);
            if (!page.next) break;
            expect(*page.next > after, "each page to end after the one before it");
            after = *page.next;
        }
        expect_equal(names, sorted, fmt::format("queues in pages of {}", limit));
    }
    const auto first_after = [&](std::string_view after) {
        return scene.operators().queues(after, 1).queues.at(0).name;
    };
    expect_equal(first_after("B-1"), "B.1", "the first one after a queue");
    expect_equal(first_after("b~ no name"), "z/z", "the first one after a text");
    expect_equal(scene.operators().queues("z/z", 10).queues.size(), 0, "queues after the last");
}

} // namespace

Cases operator_queue_cases() {
    return {
        {"a queue's jobs are counted as due, scheduled and processing", counts_a_queues_jobs},
        {"a queue's blocked jobs are counted apart", counts_blocked_jobs, {.dependencies = true}},
        {"a queue's throttled jobs are counted apart", counts_throttled_jobs, {.limits = true}},
        {"jobs that wait for a worker's own limit are counted as throttled",
         counts_jobs_of_a_workers_limit,
         {.limits = true}},
        {"each job of a round robin is counted once",
         counts_jobs_of_a_round_robin_once,
         {.limits = true}},
        {"only queues with pending or processing jobs are listed", lists_used_queues},
        {"a paused queue is listed and its jobs are counted",
         lists_paused_queues,
         {.queue_control = true}},
        {"a paused queue has the time of its first pause",
         returns_since_when_it_is_paused,
         {.queue_control = true}},
        {"the oldest due job is the one that is claimed next", returns_the_oldest_due},
        {"a throttled job is not the oldest due one", skips_throttled_jobs, {.limits = true}},
        {"pages of queues are in the order of bytes and have no gap", pages_queues},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
