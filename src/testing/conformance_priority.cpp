#include "conformance_check.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

std::vector<JobId> claim_order(Scene& scene) { return ids_of(scene.claim(10)); }

/// The store's clock.
Timestamp now(Scene& scene) { return scene.job(scene.submit({.queue = "clock"})).created_at; }

void goes_first(Scene& scene) {
    const auto none = scene.submit();
    const auto low = scene.submit({.priority = 10});
    const auto high = scene.submit({.priority = 100});
    expect_equal(claim_order(scene), {high, low, none}, "order of the claim");
}

void goes_first_of_a_batch(Scene& scene) {
    std::vector<NewJob> jobs;
    for (const int priority : {0, 20, 10, 20}) jobs.push_back(scene.filled({.priority = priority}));
    scene.store().submit(jobs);
    expect_equal(claim_order(scene), {jobs[1].id, jobs[3].id, jobs[2].id, jobs[0].id},
                 "order of the claim");
}

void is_a_head_start(Scene& scene) {
    const auto start = now(scene);
    const auto due_before = [&](int steps, int priority) {
        return scene.submit({.priority = priority, .run_at = start - steps * priority_step});
    };
    const auto outranked = due_before(9, 0);
    const auto favoured = due_before(0, 10);
    const auto patient = due_before(11, 0);
    const auto both = due_before(5, 7);
    expect_equal(claim_order(scene), {both, patient, favoured, outranked}, "order of the claim");
}

void goes_before_a_backlog(Scene& scene) {
    const auto waiting = scene.submit(3);
    expect_equal(ids_of(scene.claim(1)), {waiting[0]}, "the first claim");
    const auto urgent = scene.submit({.priority = 1});
    expect_equal(claim_order(scene), {urgent, waiting[1], waiting[2]}, "the claim after that");
}

void stays_in_its_queue(Scene& scene) {
    const auto first = scene.submit({.queue = "first"});
    const auto second = scene.submit({.queue = "second", .priority = 100});
    expect_equal(ids_of(scene.claim(10, {"first", "second"})), {first, second},
                 "order of the claim");
}

void shows_its_own_time(Scene& scene) {
    const auto at_once = scene.job(scene.submit({.queue = "urgent", .priority = 100}));
    expect_equal(at_once.priority, 100, "priority");
    expect_equal(at_once.run_at, at_once.created_at, "run_at of a job that is due");
    const auto in_the_past = scene.submit({.priority = 1, .run_at = long_ago});
    expect_equal(scene.job(in_the_past).run_at, long_ago, "run_at in the past");
    const auto scheduled = scene.submit({.priority = 1, .run_at = far_ahead});
    expect_equal(scene.job(scheduled).run_at, far_ahead, "run_at in the future");
    expect_equal(scene.job(scene.submit()).priority, 0, "priority by default");

    const auto urgent = scene.claim_one("urgent");
    expect_equal(scene.job(at_once.id).run_at, at_once.created_at, "run_at while processing");
    scene.accept(Settlement::completed(urgent.lease, JsonText()));
    expect_equal(scene.job(at_once.id).run_at, at_once.created_at, "run_at when completed");
}

void counts_start_within_from_its_own_time(Scene& scene) {
    const auto job = scene.job(scene.submit({.priority = 100, .start_within = an_hour}));
    expect_equal(job.deadline, job.created_at + an_hour, "deadline");
}

void waits_for_its_time(Scene& scene) {
    scene.submit({.priority = 100, .delay = priority_step * 50});
    scene.submit({.priority = 100, .run_at = now(scene) + priority_step * 50});
    scene.store().promote(100);
    const std::vector<std::string> queues = {"default"};
    const auto result =
        scene.store().claim({.worker = "worker", .queues = queues, .limit = 10, .lease_for = {}});
    expect_equal(result.claimed.size(), 0, "jobs claimed before their time");
    expect(result.next_due_in > priority_step * 49 && result.next_due_in <= priority_step * 50,
           "next_due_in to be the time until the first is due");
    if (scene.capabilities().workload)
        expect_equal(scene.store().workload("default", "test").waiting, 0, "due jobs");
}

/// For a job that `reschedule` made due after others.
void has_its_head_start_again(Scene& scene, const NewJob& job,
                              const std::function<void(const LeaseRef&)>& reschedule,
                              bool keeps_run_at = false) {
    const auto urgent = scene.running(job, no_lease).lease;
    const auto before = scene.job(urgent.id);
    const auto other = scene.submit();
    reschedule(urgent);
    const auto due = scene.job(urgent.id);
    expect_equal(due.run_at, keeps_run_at ? before.run_at : due.updated_at,
                 "run_at of a released job");
    scene.store().promote(100);
    expect_same(scene.job(urgent.id), due, "after promote()");
    expect_equal(claim_order(scene), {urgent.id, other}, "order of the claim");
}

constexpr int some_priority = 10;

void is_kept_by_a_retry(Scene& scene) {
    has_its_head_start_again(scene, {.priority = some_priority}, [&](const LeaseRef& lease) {
        scene.accept(Settlement::retried(lease, {}, Duration{}));
    });
}

void is_kept_by_a_release(Scene& scene) {
    has_its_head_start_again(
        scene, {.priority = some_priority},
        [&](const LeaseRef& lease) { scene.accept(Settlement::released(lease)); }, true);
}

void is_kept_by_a_rescue(Scene& scene) {
    has_its_head_start_again(scene, {.priority = some_priority},
                             [&](const LeaseRef&) { scene.rescue_one(); });
}

void is_kept_by_a_fresh_start(Scene& scene) {
    has_its_head_start_again(scene, {.priority = some_priority}, [&](const LeaseRef& lease) {
        scene.accept(Settlement::failed(lease, {}));
        expect_equal(scene.store().retry(lease.id), RetryOutcome::retried, "outcome of the retry");
    });
}

void waits_when_released_with_a_delay(Scene& scene) {
    const auto urgent = scene.running({.priority = 100}).lease;
    scene.accept(Settlement::retried(urgent, {}, an_hour));
    scene.store().promote(100);
    const auto job = scene.job(urgent.id);
    expect_equal(job.run_at, job.updated_at + an_hour, "run_at of a released job");
    expect_equal(scene.claim(10).size(), 0, "jobs claimed before their time");
}

void goes_by_the_time_that_replaced_its_own(Scene& scene) {
    const auto urgent = scene.submit({.priority = some_priority, .unique_key = "key"});
    const auto replace = [&](Duration delay) {
        const auto change =
            scene.filled({.delay = delay, .unique_key = "key", .on_conflict = OnConflict::replace});
        expect_equal(scene.store().submit({&change, 1}).at(0).outcome, Submitted::Outcome::replaced,
                     "outcome");
        const auto job = scene.job(urgent);
        expect_equal(job.run_at, job.updated_at + delay, "run_at of a replaced job");
        expect_equal(job.priority, some_priority, "priority of a replaced job");
        scene.store().promote(100);
    };
    const auto other = scene.submit();
    replace(an_hour);
    expect_equal(ids_of(scene.claim(10)), {other}, "jobs claimed before their time");
    const auto another = scene.submit();
    replace(Duration{});
    expect_equal(claim_order(scene), {urgent, another}, "order of the claim");
}

void is_kept_while_blocked(Scene& scene) {
    const auto parent = scene.running({.queue = "parents"}).lease;
    const auto other = scene.submit();
    const auto child = scene.submit({.priority = some_priority, .after = {parent.id}});
    const auto blocked = scene.job(child);
    expect_equal(blocked.run_at, blocked.created_at, "run_at of a blocked job");
    scene.store().promote(100);
    expect_same(scene.job(child), blocked, "of a blocked job after promote()");
    const auto late = scene.submit({.after = {parent.id}});
    scene.accept(Settlement::completed(parent, JsonText()));
    while (!scene.store().promote(100).empty()) {
    }
    const auto free = scene.job(child);
    expect_equal(free.run_at, free.updated_at, "run_at of an unblocked job");
    expect_equal(claim_order(scene), {child, other, late}, "order of the claim");
}

void stays_within_the_limit(Scene& scene) {
    const auto ids = scene.submit(5, {.priority = some_priority});
    const auto claimed = scene.claim(5);
    const auto other = scene.submit();
    for (const auto& job : claimed) scene.accept(Settlement::released(job.lease));
    for (int calls = 0; calls < 3; ++calls)
        expect_equal(scene.store().promote(2).size(), 0, "jobs unblocked");
    auto expected = ids;
    expected.push_back(other);
    expect_equal(claim_order(scene), expected, "order of the claim");
}

void is_given_while_others_claim(Scene& scene) {
    constexpr std::size_t threads = 4, count = 200;
    const auto second = scene.open();
    const auto ids = scene.submit(count, {.priority = some_priority});
    for (const auto& job : scene.claim(count)) scene.accept(Settlement::released(job.lease));
    std::mutex mutex;
    std::vector<JobId> claimed;
    std::atomic<std::size_t> left = count;
    race(threads, [&](std::size_t i) {
        JobStore& store = i % 2 == 0 ? scene.store() : *second;
        const std::vector<std::string> queues = {"default"};
        for (int tries = 0; left > 0 && tries < 10'000; ++tries) {
            with_retries([&] { return store.promote(5); });
            const auto jobs = with_retries([&] {
                return store.claim({.worker = "worker", .queues = queues, .limit = 5}).claimed;
            });
            left -= jobs.size();
            const std::lock_guard lock(mutex);
            for (const auto& job : jobs) claimed.push_back(job.lease.id);
        }
    });
    std::ranges::sort(claimed);
    expect_equal(claimed, ids, "jobs claimed, each once");
}

void is_kept_by_follow_ups(Scene& scene) {
    const auto lease = scene.running({.queue = "parents"}).lease;
    const auto other = scene.submit();
    const auto urgent = scene.filled({.priority = some_priority});
    scene.accept(Settlement::completed(lease, JsonText()).with_follow_ups({urgent}));
    expect_equal(claim_order(scene), {urgent.id, other}, "order of the claim");
}

} // namespace

Cases priority_cases() {
    return {
        {"of due jobs the one with the higher priority is claimed first", goes_first},
        {"of due jobs in a batch the one with the higher priority is claimed first",
         goes_first_of_a_batch},
        {"a job that has waited longer than a priority's head start goes first", is_a_head_start},
        {"a job with a priority goes before a backlog", goes_before_a_backlog},
        {"a priority counts among the jobs of one queue", stays_in_its_queue},
        {"a job shows its priority and its own run_at", shows_its_own_time},
        {"a deadline counts from the job's own time at any priority",
         counts_start_within_from_its_own_time},
        {"a scheduled job with a priority is not due before its time", waits_for_its_time},
        {"a retried job has its head start again", is_kept_by_a_retry},
        {"a released job has its head start again", is_kept_by_a_release},
        {"a rescued job has its head start again", is_kept_by_a_rescue},
        {"a restarted job has its head start again", is_kept_by_a_fresh_start},
        {"a job with a priority that is released with a delay waits for it",
         waits_when_released_with_a_delay},
        {"a job with a priority is ordered by its replaced run_at",
         goes_by_the_time_that_replaced_its_own},
        {"a blocked job has its head start when it is unblocked",
         is_kept_while_blocked,
         {.dependencies = true}},
        {"promote applies head starts of due jobs in batches", stays_within_the_limit},
        {"promote applies head starts during concurrent claims", is_given_while_others_claim},
        {"follow-ups with a priority have their head start", is_kept_by_follow_ups},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
