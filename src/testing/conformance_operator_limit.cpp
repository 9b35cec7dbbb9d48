#include "conformance_limit.hpp"
#include "conformance_operator.hpp"

#include <algorithm>
#include <functional>
#include <set>

/// What a job waits for that a limit holds back.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

LimitWait limit_wait(Scene& scene, const JobId& id) {
    const auto wait = why(scene, id);
    if (!wait.limit) fail(fmt::format("expected {} to wait for a limit", id.text()));
    expect(!wait.not_before && wait.before == Count{},
           "a throttled job to wait neither for a time nor for other due jobs");
    return *wait.limit;
}

void set_limit(Scene& scene, const Limit& limit) { scene.store().set_limit(limit); }

void explains_a_concurrency(Scene& scene) {
    const Limit limit = {.name = "two", .queue = "default", .concurrency = 2};
    set_limit(scene, limit);
    const auto ids = scene.submit(5);
    expect(!why(scene, ids[4]).limit, "no limit to hold a job back before a claim");
    const std::vector<JobId> running = claimed_ids(scene, 10);
    expect_equal(running.size(), 2, "jobs claimed");
    for (std::uint64_t before = 0; before < 3; ++before) {
        const auto wait = limit_wait(scene, ids[2 + before]);
        expect(wait.limit == limit, "the limit as it was set");
        expect_equal(wait.counted_for, "", "counted_for");
        expect_equal(wait.before, exactly(before), "jobs before it");
        expect_equal(wait.held, 2, "slots in use");
        expect_equal(newest_first(wait.holders), newest_first(running), "their holders");
        expect(!wait.next_start, "no next start without a rate");
    }
    scene.store().cancel(running[0], {.force = true});
    const auto wait = limit_wait(scene, ids[4]);
    expect_equal(wait.held, 1, "slots in use, after one was cancelled");
    expect_equal(wait.holders, {running[1]}, "their holders, after one was cancelled");
    expect_equal(claimed_ids(scene, 10), {ids[2]}, "jobs claimed then");
    expect_equal(limit_wait(scene, ids[4]).before, exactly(1), "jobs before it then");
    expect(!why(scene, ids[2]).limit, "no limit to hold a claimed job back");
}

void places_jobs_by_priority(Scene& scene) {
    set_limit(scene, {.name = "one", .concurrency = 1});
    const auto first = scene.submit({.run_at = long_ago});
    const auto low = scene.submit(2), high = scene.submit(1, {.priority = 50});
    const auto other = scene.submit({.queue = "other"});
    expect_equal(claimed_ids(scene, 10, {"default", "other"}), {first}, "jobs claimed");
    const std::vector<JobId> order = {high[0], low[0], low[1], other};
    for (std::size_t i = 0; i < order.size(); ++i)
        expect_equal(limit_wait(scene, order[i]).before, exactly(i), "jobs before it");
    scene.store().cancel(high[0], {});
    expect_equal(limit_wait(scene, other).before, exactly(2), "jobs before it, after a cancel");
}

void lists_some_holders(Scene& scene) {
    const std::size_t slots = JobWait::most_jobs + 2;
    set_limit(scene, {.name = "many", .concurrency = slots});
    const auto ids = scene.submit(slots + 1);
    expect_equal(scene.claim(100).size(), slots, "jobs claimed");
    const auto wait = limit_wait(scene, ids.back());
    expect_equal(wait.held, slots, "slots in use");
    expect_equal(wait.holders.size(), JobWait::most_jobs, "holders in the list");
    const std::set<JobId> different(wait.holders.begin(), wait.holders.end());
    expect_equal(different.size(), JobWait::most_jobs, "different holders in the list");
    expect(!different.contains(ids.back()), "the waiting job not to be one of them");
}

void explains_who_is_counted(Scene& scene, const std::function<NewJob(std::string)>& job_of,
                             const Limit& limit) {
    set_limit(scene, limit);
    for (const std::string name : {"ann", "Ann", "a=b@c"}) {
        const auto ids = scene.submit(3, job_of(name));
        expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed");
        for (std::uint64_t before = 0; before < 2; ++before) {
            const auto wait = limit_wait(scene, ids[1 + before]);
            expect(wait.limit == limit, "the limit as it was set");
            expect_equal(wait.counted_for, name, "counted_for");
            expect_equal(wait.before, exactly(before), "jobs before it");
            expect_equal(wait.held, 1, "slots in use");
            expect_equal(wait.holders, {ids[0]}, "their holders");
        }
    }
}

void explains_a_limit_per_owner(Scene& scene) {
    explains_who_is_counted(scene,
                            [](std::string owner) { return NewJob{.owner = std::move(owner)}; },
                            {.name = "each", .scope = LimitScope::owner, .concurrency = 1});
}

void explains_a_limit_per_key(Scene& scene) {
    explains_who_is_counted(scene,
                            [](std::string key) { return NewJob{.limit_key = std::move(key)}; },
                            {.name = "each", .scope = LimitScope::key, .concurrency = 1});
}

void explains_jobs_without_an_owner(Scene& scene) {
    set_limit(scene, {.name = "each", .scope = LimitScope::owner, .concurrency = 1});
    const auto ids = scene.submit(2);
    scene.submit({.owner = "ann"});
    expect_equal(scene.claim(10).size(), 2, "jobs claimed");
    const auto wait = limit_wait(scene, ids[1]);
    expect_equal(wait.counted_for, "", "counted_for");
    expect_equal(wait.holders, {ids[0]}, "the holder of the slot");
}

void explains_a_rate(Scene& scene) {
    const Limit limit = {.name = "rate", .rate = 1, .period = an_hour};
    set_limit(scene, limit);
    const auto ids = scene.submit(3);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed");
    const auto start = *scene.job(ids[0]).started_at;
    for (std::uint64_t before = 0; before < 2; ++before) {
        const auto wait = limit_wait(scene, ids[1 + before]);
        expect(wait.limit == limit, "the limit as it was set");
        expect_equal(wait.before, exactly(before), "jobs before it");
        expect_equal(wait.next_start, start + an_hour, "next start");
        expect_equal(wait.held, 0, "slots in use, of a limit without any");
        expect(wait.holders.empty(), "no holder of a slot");
    }
}

/// While one job of an owner has been admitted, the others wait for their turns.
void explains_turns(Scene& scene) {
    set_limit(
        scene,
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    scene.submit(5, {.owner = "ann"});
    scene.submit({.owner = "bob"});
    expect_equal(scene.claim(2).size(), 2, "jobs claimed");
    std::size_t waiting = 0;
    for (const Job& job : scene.store().list({.owner = "ann"}).jobs) {
        if (job.status != JobStatus::pending || !why(scene, job.id).limit) continue;
        ++waiting;
        const auto wait = limit_wait(scene, job.id);
        expect_equal(wait.limit.name, "turns", "the limit's name");
        expect(wait.limit.round_robin, "the limit to be by round robin");
        expect_equal(wait.counted_for, "ann", "counted_for");
        expect_equal(wait.held, 0, "slots in use, of a limit without any");
    }
    expect_equal(exactly(waiting), queue_of(scene, "default").throttled,
                 "jobs that wait for a turn");
    expect(waiting > 0, "a job to wait for its turn");
}

void explains_a_workers_limit(Scene& scene) {
    const std::vector<Limit> limits = {{.name = "mine", .concurrency = 1}};
    const std::vector<std::string> queues = {"default"};
    const auto ids = scene.submit(2);
    scene.store().claim({.worker = "worker 1",
                         .queues = queues,
                         .limit = 10,
                         .lease_for = long_lease,
                         .limits = limits});
    expect_equal(limit_wait(scene, ids[1]).limit.name, "mine", "the limit's name");
}

void explains_all_reasons(Scene& scene) {
    set_limit(scene, {.name = "one", .concurrency = 1});
    const auto ids = scene.submit(2);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed");
    scene.store().set_paused("default", true);
    expect(why(scene, ids[1]).paused_since.has_value(), "paused_since to be set");
    expect_equal(limit_wait(scene, ids[1]).holders, {ids[0]}, "the holder of the slot");
    set_limit(scene, {.name = "one"});
    expect(!why(scene, ids[1]).limit, "no limit to hold it back once it was deleted");
}

} // namespace

Cases operator_limit_cases() {
    return {
        {"a throttled job has its place, and the holders of the slots", explains_a_concurrency},
        {"throttled jobs wait in the order of their priorities", places_jobs_by_priority},
        {"a job that many others hold back shows some of them", lists_some_holders},
        {"a job under a limit per owner waits for the owner's jobs", explains_a_limit_per_owner},
        {"a job under a limit per key waits for the key's jobs", explains_a_limit_per_key},
        {"jobs without an owner wait for each other", explains_jobs_without_an_owner},
        {"a job under a rate waits for the next start", explains_a_rate},
        {"a job under a round robin waits for its owner's turn", explains_turns},
        {"a job under a worker's own limit shows the limit's name", explains_a_workers_limit},
        {"a throttled job of a paused queue shows both reasons",
         explains_all_reasons,
         {.queue_control = true}},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
