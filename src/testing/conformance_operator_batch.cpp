#include "conformance_dependency.hpp"
#include "conformance_limit.hpp"
#include "conformance_operator.hpp"

#include <algorithm>
#include <atomic>

/// Changes of many jobs at once.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using Cancels = std::vector<CancelOutcome>;
using Retries = std::vector<RetryOutcome>;
using Removals = std::vector<RemoveOutcome>;
using Runs = std::vector<RunNowOutcome>;

void cancels_in_order(Scene& scene) {
    const auto pending = scene.submit({.queue = "waiting"}),
               later = scene.submit({.queue = "waiting", .delay = an_hour});
    const auto done = scene.completed(), failed = scene.failed(), gone = scene.cancelled();
    const auto running = scene.running().lease;
    const std::vector<JobId> ids = {pending, scene.fresh_id(), running.id, done, pending,
                                    gone,    failed,           later};
    using enum CancelOutcome;
    expect_equal(scene.operators().cancel(ids, {.reason = "enough"}),
                 Cancels{cancelled, not_found, requested, already_finished, already_cancelled,
                         already_cancelled, already_finished, cancelled},
                 "outcomes");
    for (const JobId& id : {pending, later}) {
        expect_equal(scene.job(id).status, JobStatus::cancelled, "status");
        expect_equal(scene.job(id).cancel_reason, "enough", "cancel_reason");
    }
    expect_equal(scene.job(gone).cancel_reason, "", "cancel_reason of an earlier cancel");
    expect(scene.renew(running).cancel_requested, "the worker to be asked to stop");
    expect_equal(scene.operators().cancel({{running.id}}, {.reason = "now", .force = true}),
                 Cancels{cancelled}, "outcomes of a forced cancel");
    expect_equal(scene.job(running.id).cancel_reason, "now", "cancel_reason of a forced cancel");
}

void retries_in_order(Scene& scene) {
    const auto failed = scene.failed({.unique_key = "free"});
    const auto first = scene.failed({.unique_key = "key"}),
               second = scene.cancelled({.unique_key = "key"});
    const auto kept = scene.cancelled({.unique_key = "taken"});
    scene.submit({.queue = "waiting", .unique_key = "taken"});
    const auto done = scene.completed(), running = scene.running({.queue = "own"}).lease.id;
    const std::vector<JobId> ids = {done,   failed, scene.fresh_id(), first,
                                    second, kept,   failed,           running};
    using enum RetryOutcome;
    expect_equal(scene.operators().retry(ids),
                 Retries{already_completed, retried, not_found, retried, key_taken, key_taken,
                         not_finished, not_finished},
                 "outcomes");
    expect_equal(newest_first(claimed_ids(scene, 10)), newest_first({failed, first}),
                 "jobs claimed");
    expect_equal(scene.status(second), JobStatus::cancelled, "a job whose key was taken");
}

void removes_in_order(Scene& scene) {
    const auto pending = scene.submit({.queue = "waiting"});
    const auto running = scene.running().lease.id;
    const auto done = scene.completed({.queue = "own"}), failed = scene.failed({.queue = "own"});
    const std::vector<JobId> ids = {pending, done, scene.fresh_id(), failed, done, running};
    using enum RemoveOutcome;
    expect_equal(scene.operators().remove(ids),
                 Removals{not_finished, removed, not_found, removed, not_found, not_finished},
                 "outcomes");
    expect_equal(ids_of(scene.store().list({}).jobs), {running, pending}, "jobs that are left");
}

void makes_due_in_order(Scene& scene) {
    const auto due = scene.submit({.queue = "due"}), later = scene.submit({.delay = an_hour});
    const auto retried = scene.running({.queue = "retried"}).lease;
    scene.accept(Settlement::retried(retried, {.code = "E", .message = ""}, an_hour));
    const auto running = scene.running({.queue = "own"}).lease.id, done = scene.completed(),
               failed = scene.failed();
    const auto before = scene.job(later);
    const std::vector<JobId> ids = {due,  later, scene.fresh_id(), retried.id,
                                    done, later, failed,           running};
    using enum RunNowOutcome;
    expect_equal(scene.operators().run_now(ids),
                 Runs{already_due, made_due, not_found, made_due, already_finished, already_due,
                      already_finished, already_running},
                 "outcomes");
    expect_equal(newest_first(claimed_ids(scene, 10)), {later}, "jobs claimed");
    expect_equal(ids_of(scene.claim(10, {"retried"})), {retried.id}, "retried jobs claimed");
    expect_equal(scene.job(retried.id).attempt, 2, "attempt of the retried job");
    expect_equal(scene.job(later).revision, before.revision + 2, "revision after the claim");
}

/// A deadline, for example, stays.
void makes_due_only(Scene& scene) {
    const auto id = scene.submit({.owner = "ann",
                                  .priority = 3,
                                  .delay = an_hour,
                                  .start_within = an_hour,
                                  .limit_key = "k"});
    auto expected = scene.job(id);
    scene.operators().run_now({{id}});
    const auto found = scene.job(id);
    expect(found.run_at < expected.run_at, "an earlier time to run at");
    expect_equal(found.run_at, found.updated_at, "run_at");
    expect_equal(found.revision, expected.revision + 1, "revision");
    expected.run_at = found.run_at;
    expected.updated_at = found.updated_at;
    ++expected.revision;
    expect_same(found, expected, "after run_now");
}

void leaves_blocked_jobs(Scene& scene) {
    const auto parent = scene.submit({.delay = an_hour});
    const auto child = child_of(scene, {parent});
    using enum RunNowOutcome;
    expect_equal(scene.operators().run_now({{child, parent}}), Runs{blocked, made_due}, "outcomes");
    expect_equal(ids_of(scene.claim(10, {"children"})), {}, "children claimed");
    expect_equal(scene.job(child).blocked_by, 1, "blocked_by of the child");
}

void makes_due_within_limits(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto first = scene.submit(), throttled = scene.submit(),
               later = scene.submit({.delay = an_hour});
    expect_equal(claimed_ids(scene, 10), {first}, "jobs claimed at first");
    using enum RunNowOutcome;
    expect_equal(scene.operators().run_now({{throttled, later}}), Runs{already_due, made_due},
                 "outcomes");
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed beyond the limit");
    scene.operators().cancel({{first}}, {.force = true});
    expect_equal(claimed_ids(scene, 10), {throttled}, "jobs claimed when the slot is free");
    scene.operators().cancel({{throttled}}, {.force = true});
    expect_equal(claimed_ids(scene, 10), {later}, "jobs claimed last");
}

/// `twin` is a job that had the same past as `job`, and was changed by a single call.
void expect_twin(Scene& scene, const JobId& job, const JobId& twin, std::string_view when) {
    auto expected = scene.job(twin);
    const auto found = scene.job(job);
    expected.id = found.id;
    for (auto member : {&Job::created_at, &Job::updated_at, &Job::run_at})
        expected.*member = found.*member;
    for (auto member : {&Job::started_at, &Job::finished_at, &Job::cancel_requested_at,
                        &Job::lease_expires_at, &Job::expires_at})
        if (expected.*member && found.*member) expected.*member = found.*member;
    expect_same(found, expected, when);
}

void changes_jobs_as_single_calls(Scene& scene) {
    const NewJob job{.metadata = JsonText::parse(R"({"a":1})"), .owner = "ann", .priority = 3};
    const auto pending = scene.submit(2, job);
    const std::vector<JobId> failed = {scene.failed({.queue = "own"}),
                                       scene.failed({.queue = "own"})};
    const std::vector<JobId> running = {scene.running({.queue = "run"}).lease.id,
                                        scene.running({.queue = "run"}).lease.id};
    const Cancellation request{.reason = "no"}, by_force{.reason = "now", .force = true};
    auto& operators = scene.operators();
    operators.cancel({{pending[0], running[0]}}, request);
    scene.store().cancel(pending[1], request);
    scene.store().cancel(running[1], request);
    expect_twin(scene, pending[0], pending[1], "after a cancel of a pending job");
    expect_twin(scene, running[0], running[1], "after a cancel of a processing job");
    operators.cancel({{running[0]}}, by_force);
    scene.store().cancel(running[1], by_force);
    expect_twin(scene, running[0], running[1], "after a forced cancel");
    operators.retry({{pending[0], failed[0], running[0]}});
    for (const JobId& id : {pending[1], failed[1], running[1]}) scene.store().retry(id);
    expect_twin(scene, pending[0], pending[1], "after a retry of a cancelled job");
    expect_twin(scene, failed[0], failed[1], "after a retry of a failed job");
    expect_twin(scene, running[0], running[1], "after a retry of a job that had been running");
}

void changes_the_most(Scene& scene) {
    auto& operators = scene.operators();
    const auto ids = scene.submit(OperatorStore::max_batch);
    const auto all = [&](auto outcome) { return std::vector(ids.size(), outcome); };
    expect_equal(operators.cancel(ids, {}), all(CancelOutcome::cancelled), "outcomes of cancel");
    expect_equal(operators.counts().cancelled, exactly(ids.size()), "cancelled jobs");
    expect_equal(operators.retry(ids), all(RetryOutcome::retried), "outcomes of retry");
    const auto claimed = scene.claim(ids.size());
    expect_equal(claimed.size(), ids.size(), "jobs claimed");
    std::vector<Settlement> settlements;
    for (const ClaimedJob& job : claimed)
        settlements.push_back(Settlement::completed(job.lease, {}));
    scene.store().settle(settlements);
    expect_equal(operators.remove(ids), all(RemoveOutcome::removed), "outcomes of remove");
    expect_equal(scene.store().list({}).jobs.size(), 0, "jobs left");
}

void refuses_more(Scene& scene) {
    const auto id = scene.submit(), failed = scene.failed({.queue = "own"});
    std::vector<JobId> ids(OperatorStore::max_batch + 1, id);
    ids.front() = failed;
    const auto refused = fmt::format("the number of ids is {}, but must be from 0 to {}",
                                     ids.size(), OperatorStore::max_batch);
    expect_refused(refused, [&] { scene.operators().cancel(ids, {}); });
    expect_refused(refused, [&] { scene.operators().retry(ids); });
    expect_refused(refused, [&] { scene.operators().remove(ids); });
    expect_refused(refused, [&] { scene.operators().run_now(ids); });
    expect_equal(scene.status(id), JobStatus::pending, "status of the job");
    expect_equal(scene.status(failed), JobStatus::failed, "status of the other");
}

void changes_nothing_of_no_jobs(Scene& scene) {
    scene.submit();
    expect_equal(scene.operators().cancel({}, {}), Cancels{}, "outcomes of cancel");
    expect_equal(scene.operators().retry({}), Retries{}, "outcomes of retry");
    expect_equal(scene.operators().remove({}), Removals{}, "outcomes of remove");
    expect_equal(scene.operators().run_now({}), Runs{}, "outcomes of run_now");
    expect_equal(scene.operators().counts().pending, exactly(1), "pending jobs");
}

void restarts_under_new_fences(Scene& scene) {
    std::vector<LeaseRef> leases;
    std::vector<JobId> ids;
    for (int i = 0; i < 3; ++i) {
        leases.push_back(scene.running().lease);
        ids.push_back(leases.back().id);
        scene.accept(Settlement::failed(leases.back(), {.code = "E", .message = ""}));
    }
    scene.operators().retry(ids);
    const auto claimed = scene.claim(10);
    expect_equal(claimed.size(), 3, "jobs claimed");
    for (const ClaimedJob& job : claimed) {
        expect_equal(job.attempt, 1, "attempt");
        const auto old = std::ranges::find(leases, job.lease.id, &LeaseRef::id);
        expect(old != leases.end() && job.lease.fence > old->fence, "a fence above the old one");
        expect(!scene.renew(*old).kept, "the old lease to be lost");
        scene.accept(Settlement::completed(job.lease, {}));
    }
}

void unblocks_children(Scene& scene) {
    const auto parents = scene.submit(4);
    const auto cancelled = child_of(scene, {parents[0]});
    const auto failed = child_of(scene, {parents[1]}, OnParentFailure::fail);
    const auto run = child_of(scene, {parents[0], parents[1], parents[2]}, OnParentFailure::run);
    const auto waiting = child_of(scene, {parents[2], parents[3]}, OnParentFailure::run);
    scene.operators().cancel({{parents[0], parents[1], parents[2]}}, {});
    promote(scene);
    expect_equal(scene.status(cancelled), JobStatus::cancelled, "a child with policy cancel");
    expect_equal(scene.status(failed), JobStatus::failed, "a child with policy fail");
    expect_equal(scene.job(run).blocked_by, 0, "blocked_by of a child with policy run");
    expect_equal(scene.job(waiting).blocked_by, 1, "blocked_by of a child of one more");
    expect_equal(ids_of(scene.claim(10, {"children"})), {run}, "children claimed");
}

void unblocks_children_of_removed_jobs(Scene& scene) {
    const std::vector<JobId> parents = {scene.completed(), scene.cancelled()};
    const auto child = child_of(scene, parents, OnParentFailure::run);
    const auto other = child_of(scene, {parents[1]});
    expect_equal(scene.operators().remove(parents),
                 Removals{RemoveOutcome::removed, RemoveOutcome::removed}, "outcomes");
    promote(scene);
    expect_equal(ids_of(scene.claim(10, {"children"})), {child}, "children claimed");
    expect_equal(scene.status(other), JobStatus::cancelled, "a child with policy cancel");
}

/// A removal stops a child, which can then be removed; one of a child that waits is refused.
void removes_stopped_children(Scene& scene) {
    for (const bool is_parent_first : {true, false}) {
        std::vector<Removals> outcomes;
        for (const bool is_batch : {true, false}) {
            const auto parent = scene.cancelled(), child = child_of(scene, {parent});
            std::vector<JobId> ids = {child, parent};
            if (is_parent_first) std::ranges::reverse(ids);
            Removals& found = outcomes.emplace_back();
            if (is_batch)
                found = scene.operators().remove(ids);
            else
                for (const JobId& id : ids) found.push_back(scene.store().remove(id));
        }
        expect_equal(outcomes[0], outcomes[1],
                     is_parent_first ? "outcomes for a parent and its child"
                                     : "outcomes for a child and its parent");
    }
}

void retries_the_first_of_a_key(Scene& scene) {
    const auto older = scene.failed({.unique_key = "key"}),
               newer = scene.failed({.unique_key = "key"});
    using enum RetryOutcome;
    expect_equal(scene.operators().retry({{newer, older}}), Retries{retried, key_taken},
                 "outcomes");
    expect_equal(claimed_ids(scene, 10), {newer}, "jobs claimed");
}

void frees_slots(Scene& scene) {
    scene.store().set_limit({.name = "two", .concurrency = 2});
    const auto ids = scene.submit(6);
    expect_equal(claimed_ids(scene, 10).size(), 2, "jobs claimed at first");
    scene.operators().cancel({{ids[0], ids[1], ids[2], ids[4]}}, {.force = true});
    expect_equal(claimed_ids(scene, 10), {ids[3], ids[5]}, "jobs claimed after a forced cancel");
    scene.operators().retry({{ids[0], ids[4]}});
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed after a retry");
}

void frees_keys(Scene& scene) {
    const auto first = scene.submit({.unique_key = "a"}),
               second = scene.submit({.unique_key = "b"});
    const auto kept = scene.submit({.idempotency_key = "c"});
    scene.operators().cancel({{first, second, kept}}, {});
    scene.submit({.unique_key = "a"});
    scene.operators().remove({{kept}});
    scene.submit({.idempotency_key = "c"});
    using enum RetryOutcome;
    expect_equal(scene.operators().retry({{first, second}}), Retries{key_taken, retried},
                 "outcomes of retry");
}

void refuses_a_bad_reason(Scene& scene) {
    const auto id = scene.submit();
    expect_refused("reason", [&] {
        scene.operators().cancel({{id}},
                                 {.reason = std::string(Cancellation::max_reason + 1, 'x')});
    });
    expect_equal(scene.status(id), JobStatus::pending, "status after a refused cancel");
}

/// In opposite orders, so that the calls conflict.
void changes_each_job_once(Scene& scene) {
    const auto ids = scene.submit(40);
    const std::vector<JobId> backwards(ids.rbegin(), ids.rend());
    std::atomic<std::ptrdiff_t> cancelled{0}, removed{0};
    race(4, [&](std::size_t thread) {
        const auto store = scene.open();
        const auto& order = thread % 2 == 0 ? ids : backwards;
        cancelled +=
            std::ranges::count(with_retries([&] { return store->operators()->cancel(order, {}); }),
                               CancelOutcome::cancelled);
        removed +=
            std::ranges::count(with_retries([&] { return store->operators()->remove(order); }),
                               RemoveOutcome::removed);
    });
    expect_equal(cancelled.load(), 40, "jobs cancelled");
    expect_equal(removed.load(), 40, "jobs removed");
}

} // namespace

Cases operator_batch_cases() {
    return {
        {"a batch of cancels returns an outcome for each id, in order", cancels_in_order},
        {"a batch of retries returns an outcome for each id, in order", retries_in_order},
        {"a batch of removals returns an outcome for each id, in order", removes_in_order},
        {"run_now makes jobs due that wait for their time, and returns outcomes in order",
         makes_due_in_order},
        {"run_now changes nothing but the time of a job", makes_due_only},
        {"run_now leaves jobs that wait for parents", leaves_blocked_jobs, {.dependencies = true}},
        {"run_now does not overrule a limit", makes_due_within_limits, {.limits = true}},
        {"a batch changes each job as a single call does", changes_jobs_as_single_calls},
        {"a batch of 500 jobs is changed", changes_the_most},
        {"a batch of more than 500 jobs is refused and changes nothing", refuses_more},
        {"a batch of no jobs has no outcomes", changes_nothing_of_no_jobs},
        {"jobs of a batch of retries are claimed again", restarts_under_new_fences},
        {"a batch of cancels unblocks children", unblocks_children, {.dependencies = true}},
        {"a batch of removals unblocks children",
         unblocks_children_of_removed_jobs,
         {.dependencies = true}},
        {"a batch of removals changes its jobs in the given order",
         removes_stopped_children,
         {.dependencies = true}},
        {"a batch of retries gives a unique key to the first job", retries_the_first_of_a_key},
        {"a batch of cancels frees the slots of a limit", frees_slots, {.limits = true}},
        {"a batch frees the keys of its jobs", frees_keys},
        {"a batch of cancels with a reason out of range changes nothing", refuses_a_bad_reason},
        {"concurrent batches change each job once", changes_each_job_once},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
