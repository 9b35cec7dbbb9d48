#include "conformance_check.hpp"

#include <algorithm>
#include <map>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using Outcome = Submitted::Outcome;

/// Until promote() returns no job.
std::vector<Promoted> promote(Scene& scene, std::size_t limit = 100) {
    std::vector<Promoted> all;
    for (;;) {
        const auto some = scene.store().promote(limit);
        if (some.empty()) return all;
        all.insert(all.end(), some.begin(), some.end());
    }
}

JobId child_of(Scene& scene, std::vector<JobId> parents,
               OnParentFailure policy = OnParentFailure::cancel) {
    return scene.submit(
        {.queue = "children", .after = std::move(parents), .on_parent_failure = policy});
}

std::size_t claimable(Scene& scene) { return scene.claim(100, {"children"}).size(); }

void waits_for_its_parent(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto child = child_of(scene, {parent.id});
    const auto blocked = scene.job(child);
    expect_equal(blocked.status, JobStatus::pending, "status");
    expect_equal(blocked.parents, 1, "parents");
    expect_equal(blocked.blocked_by, 1, "blocked_by");
    expect_equal(blocked.run_at, blocked.created_at, "run_at");
    expect_equal(promote(scene).size(), 0, "jobs unblocked by a running parent");
    expect_equal(claimable(scene), 0, "jobs claimed while the parent runs");
    expect_equal(scene.store().workload("children", "test").waiting, 0, "due jobs");

    const auto settlement = Settlement::completed(parent, JsonText());
    expect(scene.store().exchange({&settlement, 1}, {}).needs_promotion,
           "needs_promotion after the end of a parent");
    expect_equal(claimable(scene), 0, "jobs claimed before they are unblocked");
    const auto unblocked = promote(scene);
    expect_equal(unblocked.size(), 1, "jobs unblocked");
    expect_equal(unblocked[0].id, child, "id");
    expect_equal(unblocked[0].queue, "children", "queue");
    expect_equal(unblocked[0].status, JobStatus::pending, "status");
    expect_equal(unblocked[0].blocked_by, 0, "blocked_by");
    const auto free = scene.job(child);
    auto expected = blocked;
    expected.blocked_by = 0;
    expected.run_at = expected.updated_at = free.run_at;
    ++expected.revision;
    expected.progress = {};
    expect_same(free, expected, "of an unblocked job");
    expect_equal(claimable(scene), 1, "jobs claimed after the parent completed");
    expect_equal(promote(scene).size(), 0, "jobs unblocked a second time");
}

void needs_no_unblock_without_children(Scene& scene) {
    const auto settlement = Settlement::completed(scene.running().lease, JsonText());
    expect(!scene.store().exchange({&settlement, 1}, {}).needs_promotion,
           "no needs_promotion after the end of a job without dependents");
}

void waits_for_all_of_its_parents(Scene& scene) {
    std::vector<LeaseRef> parents;
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(parents.emplace_back(scene.running().lease).id);
    const auto child = child_of(scene, ids);
    for (int done = 1; done <= 4; ++done) {
        scene.accept(
            Settlement::completed(parents[static_cast<std::size_t>(done - 1)], JsonText()));
        promote(scene);
        const auto job = scene.job(child);
        expect_equal(job.blocked_by, 4 - done, "blocked_by");
        expect_equal(job.progress.percent, done < 4 ? 25 * done : 0, "progress of a blocked job");
        expect_equal(claimable(scene), done < 4 ? 0 : 1, "jobs claimed");
    }
}

void counts_many_parents_at_once(Scene& scene) {
    constexpr std::size_t count = 1500;
    const auto parents = scene.submit(count);
    const auto child = child_of(scene, parents);
    const auto leases = scene.claim(count);
    std::vector<Settlement> settlements;
    for (const auto& job : leases)
        settlements.push_back(Settlement::completed(job.lease, JsonText()));
    scene.store().settle(std::span(settlements).first(count - 1));
    promote(scene);
    expect_equal(scene.job(child).blocked_by, 1, "blocked_by");
    scene.store().settle(std::span(settlements).last(1));
    promote(scene);
    expect_equal(claimable(scene), 1, "jobs claimed");
}

void unblocks_many_children(Scene& scene) {
    const auto parent = scene.running().lease;
    std::vector<NewJob> jobs;
    for (int i = 0; i < 1500; ++i)
        jobs.push_back(scene.filled({.queue = "children", .after = {parent.id}}));
    scene.store().submit(jobs);
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(promote(scene).size(), jobs.size(), "jobs unblocked");
    expect_equal(scene.claim(2000, {"children"}).size(), jobs.size(), "jobs claimed");
}

void keeps_its_own_time(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto job = scene.filled({.queue = "children", .run_at = far_ahead, .after = {parent.id}});
    scene.store().submit({&job, 1});
    expect_equal(scene.job(job.id).run_at, far_ahead, "run_at of a blocked job");
    scene.accept(Settlement::completed(parent, JsonText()));
    promote(scene);
    expect_equal(scene.job(job.id).run_at, far_ahead, "run_at of an unblocked job");
    expect_equal(claimable(scene), 0, "jobs claimed before their time");
}

void comes_after_parents_that_have_finished(Scene& scene) {
    const auto child = child_of(scene, {scene.completed()});
    promote(scene);
    expect_equal(scene.job(child).blocked_by, 0, "blocked_by");
    expect_equal(claimable(scene), 1, "jobs claimed");
    // A parent whose children were unblocked gets another child.
    const auto parent = scene.completed();
    child_of(scene, {parent, scene.submit()});
    promote(scene);
    child_of(scene, {parent});
    promote(scene);
    expect_equal(claimable(scene), 1, "jobs claimed that wait for another parent, too");
}

void takes_a_graph_in_one_submit(Scene& scene) {
    const auto a = scene.filled(), b = scene.filled({.queue = "b", .after = {a.id}}),
               c = scene.filled({.queue = "c", .after = {a.id}}),
               d = scene.filled({.queue = "d", .after = {b.id, c.id}});
    const std::vector<NewJob> graph = {a, b, c, d};
    for (const auto& result : scene.store().submit(graph))
        expect_equal(result.outcome, Outcome::created, "outcome");
    const auto run = [&](std::string queue) {
        scene.accept(Settlement::completed(scene.claim_one(queue).lease, JsonText()));
        promote(scene);
    };
    expect_equal(scene.claim(10, {"b", "c", "d"}).size(), 0, "jobs claimed before the first");
    run("default");
    run("b");
    expect_equal(scene.claim(10, {"d"}).size(), 0, "jobs claimed before the fan-in");
    run("c");
    run("d");
}

void refuses_a_parent_that_is_not_there(Scene& scene) {
    const auto unknown = scene.fresh_id();
    const auto other = scene.filled();
    const auto orphan = scene.filled({.after = {other.id, unknown}});
    const auto grandchild = scene.filled({.after = {orphan.id}});
    const std::vector<NewJob> jobs = {other, orphan, grandchild};
    const auto results = scene.store().submit(jobs);
    expect_equal(results[0].outcome, Outcome::created, "outcome of the job before it");
    expect_equal(results[1].outcome, Outcome::parent_missing, "outcome of the orphan");
    expect_equal(results[1].id, unknown, "returned id");
    expect_equal(results[2].outcome, Outcome::parent_missing, "outcome of the orphan's child");
    expect_equal(results[2].id, orphan.id, "id returned for the child");
    expect(!scene.find(orphan.id) && !scene.find(grandchild.id), "neither job to be stored");
    scene.accept(Settlement::completed(scene.claim_one().lease, JsonText()));
    expect_equal(promote(scene).size(), 0, "jobs unblocked");
}

void waits_for_the_holder_of_its_parents_key(Scene& scene) {
    const auto holder = scene.running({.unique_key = "key"}).lease;
    const auto same = scene.filled({.unique_key = "key"});
    const auto child = scene.filled({.queue = "children", .after = {same.id, holder.id}});
    const std::vector<NewJob> jobs = {same, child};
    const auto results = scene.store().submit(jobs);
    expect_equal(results[0].outcome, Outcome::key_taken, "outcome of the parent");
    expect_equal(results[1].outcome, Outcome::created, "outcome of the child");
    expect_equal(scene.job(child.id).blocked_by, 1, "blocked_by");
    scene.accept(Settlement::completed(holder, JsonText()));
    promote(scene);
    expect_equal(claimable(scene), 1, "jobs claimed");
}

void waits_for_a_holder_from_the_same_submit(Scene& scene) {
    const auto holder = scene.filled({.unique_key = "key"}),
               same = scene.filled({.unique_key = "key"});
    const auto child = scene.filled({.queue = "children", .after = {same.id}});
    const std::vector<NewJob> jobs = {holder, same, child};
    const auto results = scene.store().submit(jobs);
    expect_equal(results[1].outcome, Outcome::key_taken, "outcome of the parent");
    expect_equal(scene.job(child.id).blocked_by, 1, "blocked_by");
    const auto settlement = Settlement::completed(scene.claim_one().lease, JsonText());
    expect(scene.store().exchange({&settlement, 1}, {}).needs_promotion,
           "needs_promotion after the end of the holder");
    promote(scene);
    expect_equal(claimable(scene), 1, "jobs claimed");
}

void expect_stopped(Scene& scene, const JobId& id, JobStatus status, const JobId& parent) {
    const auto job = scene.job(id);
    expect_equal(job.status, status, "status");
    expect(job.finished_at.has_value(), "finished_at to be set");
    expect_equal(job.expires_at, *job.finished_at + job.retention, "expires_at");
    expect_equal(job.blocked_by, 0, "blocked_by");
    const auto& why = job.error ? job.error->message : job.cancel_reason;
    expect(why.find(parent.text()) != why.npos, "the parent to be named");
    if (status == JobStatus::failed)
        expect_equal(job.error.value_or(JobError{}).code, std::string(error_code::parent_failed),
                     "error code");
    else
        expect_equal(job.error, std::nullopt, "error");
}

void follows_its_policy_when_a_parent_fails(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto other = scene.submit({.queue = "other"});
    const auto cancelled = child_of(scene, {parent.id, other});
    const auto failed = child_of(scene, {parent.id, other}, OnParentFailure::fail);
    const auto runs = child_of(scene, {parent.id}, OnParentFailure::run);
    scene.accept(Settlement::failed(parent, {.code = "E1"}));
    const auto unblocked = promote(scene);
    expect_equal(unblocked.size(), 3, "jobs returned by promote");
    for (const auto& job : unblocked)
        expect_equal(job.status, scene.status(job.id), "returned status");
    expect_stopped(scene, cancelled, JobStatus::cancelled, parent.id);
    expect_stopped(scene, failed, JobStatus::failed, parent.id);
    expect_equal(ids_of(scene.claim(10, {"children"})), {runs}, "jobs claimed");
    scene.accept(Settlement::completed(scene.claim_one("other").lease, JsonText()));
    expect_equal(promote(scene).size(), 0, "finished jobs returned by promote");
}

void a_cancelled_parent_is_one_that_did_not_complete(Scene& scene) {
    const auto parent = scene.submit();
    const auto child = child_of(scene, {parent}, OnParentFailure::fail);
    scene.store().cancel(parent, {});
    promote(scene);
    expect_stopped(scene, child, JobStatus::failed, parent);
}

void stops_the_whole_chain(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto child = child_of(scene, {parent.id});
    const auto grandchild = child_of(scene, {child});
    scene.accept(Settlement::failed(parent, {.code = "E1"}));
    promote(scene);
    expect_stopped(scene, child, JobStatus::cancelled, parent.id);
    expect_stopped(scene, grandchild, JobStatus::cancelled, child);
}

void leaves_finished_children_alone(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto child = child_of(scene, {parent.id});
    scene.store().cancel(child, {});
    expect_equal(scene.job(child).blocked_by, 0, "blocked_by of a cancelled job");
    scene.store().retry(child);
    expect_equal(ids_of(scene.claim(10, {"children"})), {child},
                 "jobs claimed after an operator's retry");
    const auto before = scene.job(child);
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(promote(scene).size(), 0, "jobs returned by promote");
    expect_same(scene.job(child), before, "of a job that no longer waits");
}

void a_parent_that_is_retried_blocks_on(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto child = child_of(scene, {parent.id});
    scene.accept(Settlement::failed(parent, {}));
    scene.store().retry(parent.id);
    expect_equal(promote(scene).size(), 0, "jobs returned by promote while the parent is retried");
    scene.accept(Settlement::completed(scene.claim_one().lease, JsonText()));
    promote(scene);
    expect_equal(ids_of(scene.claim(10, {"children"})), {child}, "jobs claimed");
}

void is_not_forgotten_by_retention(Scene& scene) {
    const auto parent = scene.running({.retention = Duration{0}}).lease;
    const auto child = child_of(scene, {parent.id});
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(scene.store().purge(10), 0, "jobs purged before their children were unblocked");
    promote(scene);
    expect_equal(scene.store().purge(10), 1, "jobs purged afterwards");
    expect_equal(ids_of(scene.claim(10, {"children"})), {child}, "jobs claimed");

    const auto removed = scene.completed();
    child_of(scene, {removed});
    expect_equal(scene.store().remove(removed), RemoveOutcome::removed, "remove");
    expect_equal(claimable(scene), 1, "jobs claimed after their parent was removed");
}

/// Once for a removed job, and once for a purged one.
void waits_for_its_own_parents_alone(Scene& scene) {
    for (const bool is_purged : {false, true}) {
        const auto first = scene.running().lease, second = scene.running().lease;
        const auto job =
            scene.filled({.queue = "children", .retention = Duration{0}, .after = {first.id}});
        scene.submit(job);
        scene.store().cancel(job.id, {});
        if (is_purged)
            expect_equal(scene.store().purge(10), 1, "jobs purged");
        else
            expect_equal(scene.store().remove(job.id), RemoveOutcome::removed, "remove");

        auto again = job;
        again.after = {first.id, second.id};
        scene.submit(again);
        expect_equal(scene.job(job.id).blocked_by, 2, "blocked_by of a job with a reused id");
        scene.accept(Settlement::completed(first, JsonText()));
        promote(scene);
        expect_equal(scene.job(job.id).blocked_by, 1, "blocked_by after one of two parents");
        expect_equal(claimable(scene), 0, "jobs claimed after one of two parents");
        scene.accept(Settlement::completed(second, JsonText()));
        promote(scene);
        expect_equal(ids_of(scene.claim(10, {"children"})), {job.id}, "jobs claimed");
    }
}

void waits_for_a_parent_that_it_had_before(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto job = scene.filled({.queue = "children", .after = {parent.id}});
    for (int i = 0; i < 2; ++i) {
        scene.submit(job);
        scene.store().cancel(job.id, {});
        expect_equal(scene.store().remove(job.id), RemoveOutcome::removed, "remove");
    }
    scene.submit(job);
    expect_equal(scene.job(job.id).blocked_by, 1, "blocked_by");
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(promote(scene).size(), 1, "jobs unblocked");
    expect_equal(scene.job(job.id).blocked_by, 0, "blocked_by after its parent");
    expect_equal(ids_of(scene.claim(10, {"children"})), {job.id}, "jobs claimed");
}

/// With a finished parent whose only child was removed.
void a_child_that_is_gone_keeps_no_parent(Scene& scene) {
    const auto parent = scene.running({.retention = Duration{0}}).lease;
    const auto child = child_of(scene, {parent.id});
    scene.store().cancel(child, {});
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(scene.store().remove(child), RemoveOutcome::removed, "remove");
    expect_equal(promote(scene).size(), 0, "jobs unblocked");
    expect_equal(scene.store().purge(10), 1, "jobs purged");
}

void lists_the_parents(Scene& scene) {
    const auto first = scene.completed(), second = scene.submit();
    const auto child = child_of(scene, {first, second});
    scene.submit();
    auto page = scene.store().list({.needed_by = child});
    expect_equal(ids_of(page.jobs), {second, first}, "parents, newest first");
    expect_equal(page.jobs[1].result, JsonText::parse(R"({"done":true})"), "a parent's result");
    page = scene.store().list({.needed_by = child, .limit = 1});
    expect(page.more, "more than a page");
    page = scene.store().list(
        {.status = JobStatus::completed, .needed_by = child, .before = page.jobs[0].id});
    expect_equal(ids_of(page.jobs), {first}, "completed parents on the next page");
    expect_equal(scene.store().list({.needed_by = second}).jobs.size(), 0,
                 "parents of a job without any");
}

void follow_ups_may_wait(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto next = scene.filled({.queue = "children"});
    const auto last = scene.filled({.queue = "children", .after = {next.id, lease.id}});
    scene.accept(Settlement::completed(lease, JsonText()).with_follow_ups({next, last}));
    promote(scene);
    expect_equal(ids_of(scene.claim(10, {"children"})), {next.id}, "jobs claimed");
    expect_equal(scene.job(last.id).blocked_by, 1, "blocked_by");
}

void replacing_does_not_unblock(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto child =
        scene.submit({.queue = "children", .unique_key = "key", .after = {parent.id}});
    const auto job = scene.filled({.input = JsonText::parse("2"),
                                   .queue = "children",
                                   .unique_key = "key",
                                   .on_conflict = OnConflict::replace});
    scene.store().submit({&job, 1});
    expect_equal(claimable(scene), 0, "jobs claimed while the parent runs");
    scene.accept(Settlement::completed(parent, JsonText()));
    promote(scene);
    const auto claimed = scene.claim_one("children");
    expect_equal(claimed.lease.id, child, "id");
    expect_equal(claimed.input, job.input, "input");
}

void counts_right_with_many_at_once(Scene& scene) {
    constexpr std::size_t threads = 4, each = 50;
    const auto parents = scene.submit(threads * each);
    const auto child = child_of(scene, parents);
    std::vector<std::unique_ptr<JobStore>> stores;
    for (std::size_t i = 0; i < threads; ++i) stores.push_back(scene.open());
    race(threads, [&](std::size_t i) {
        auto& store = *stores[i];
        const std::string worker = fmt::format("worker {}", i);
        const std::vector<std::string> queues = {"default"};
        for (;;) {
            const auto claimed = with_retries([&] {
                                     return store.claim({worker, queues, 5, long_lease});
                                 }).claimed;
            if (claimed.empty()) return;
            std::vector<Settlement> ends;
            for (const auto& job : claimed)
                ends.push_back(Settlement::completed(job.lease, JsonText()));
            with_retries([&] { return store.settle(ends); });
            with_retries([&] { return store.promote(10); });
        }
    });
    promote(scene);
    expect_equal(scene.job(child).blocked_by, 0, "blocked_by");
    expect_equal(scene.job(child).parents, static_cast<int>(parents.size()), "parents");
    expect_equal(claimable(scene), 1, "jobs claimed");
}

/// Longer than one call of promote() follows, with jobs of different policies; two paths lead to
/// the first job with OnParentFailure::run.
void stops_a_long_chain_up_to_a_job_that_runs(Scene& scene) {
    const auto parent = scene.submit();
    std::vector<NewJob> chain;
    std::vector<JobId> parents;
    auto last = parent;
    for (int i = 0; i < 150; ++i) {
        parents.push_back(last);
        chain.push_back(scene.filled(
            {.queue = "children",
             .after = {last},
             .on_parent_failure = i % 3 == 1 ? OnParentFailure::fail : OnParentFailure::cancel}));
        last = chain.back().id;
    }
    const auto beside = scene.filled({.queue = "children", .after = {chain[2].id}});
    const auto both = scene.filled({.queue = "children", .after = {beside.id, chain[120].id}});
    const auto runs = scene.filled(
        {.queue = "children", .after = {last, both.id}, .on_parent_failure = OnParentFailure::run});
    const auto after_it = scene.filled({.queue = "children", .after = {runs.id}});
    auto jobs = chain;
    jobs.insert(jobs.end(), {beside, both, runs, after_it});
    scene.store().submit(jobs);
    scene.store().cancel(parent, {});
    expect_equal(promote(scene, 40).size() >= chain.size() + 3, true, "jobs returned by promote");
    for (std::size_t i = 0; i < chain.size(); ++i)
        expect_stopped(scene, chain[i].id, i % 3 == 1 ? JobStatus::failed : JobStatus::cancelled,
                       parents[i]);
    expect_stopped(scene, beside.id, JobStatus::cancelled, chain[2].id);
    expect_equal(scene.status(both.id), JobStatus::cancelled, "status of a job with two parents");
    expect_equal(scene.job(after_it.id).blocked_by, 1, "blocked_by of the job after it");
    expect_equal(ids_of(scene.claim(10, {"children"})), {runs.id}, "the job that runs");
    expect_equal(promote(scene).size(), 0, "jobs returned by promote a second time");
}

/// Parents whose dependents have ended need no promotion, and hide none of those that do.
void promotes_until_no_job_waits(Scene& scene) {
    std::vector<JobId> waiting;
    for (int i = 0; i < 8; ++i) {
        const auto parent = scene.submit();
        const auto child = scene.submit({.queue = "children", .after = {parent}});
        scene.store().cancel(parent, {});
        if (i % 2 == 0)
            scene.store().cancel(child, {});
        else
            waiting.push_back(child);
    }
    promote(scene, 1);
    for (const JobId& child : waiting)
        expect_equal(scene.status(child), JobStatus::cancelled, "status of a child that waited");
}

} // namespace

Cases dependency_cases() {
    return {
        {"a job is due when its parent has completed", waits_for_its_parent},
        {"the end of a job without dependents does not request promote()",
         needs_no_unblock_without_children},
        {"a job waits for all of its parents and shows their progress",
         waits_for_all_of_its_parents},
        {"a job may have more than a thousand parents", counts_many_parents_at_once},
        {"a job may have more than a thousand children", unblocks_many_children},
        {"an unblocked job still waits for its run_at", keeps_its_own_time},
        {"a job may have finished parents", comes_after_parents_that_have_finished},
        {"one submit stores a whole graph", takes_a_graph_in_one_submit},
        {"a job with a missing parent is refused, and so are its children",
         refuses_a_parent_that_is_not_there},
        {"the holder of a taken unique key replaces a parent",
         waits_for_the_holder_of_its_parents_key},
        {"a holder from the same submit replaces a parent",
         waits_for_a_holder_from_the_same_submit},
        {"on_parent_failure decides whether a child is cancelled, fails or runs",
         follows_its_policy_when_a_parent_fails},
        {"a cancelled parent counts as failed", a_cancelled_parent_is_one_that_did_not_complete},
        {"a failure stops the descendants, too", stops_the_whole_chain},
        {"a failure stops a long chain up to a job with OnParentFailure::run",
         stops_a_long_chain_up_to_a_job_that_runs},
        {"a job that an operator retried no longer waits", leaves_finished_children_alone},
        {"a retried parent keeps blocking", a_parent_that_is_retried_blocks_on},
        {"promote() returns jobs until none waits for a finished parent",
         promotes_until_no_job_waits},
        {"a finished parent stays until its children are unblocked", is_not_forgotten_by_retention},
        {"a job with a reused id waits for its own parents only", waits_for_its_own_parents_alone},
        {"a resubmitted job waits for its former parent", waits_for_a_parent_that_it_had_before},
        {"a removed child does not keep a finished parent", a_child_that_is_gone_keeps_no_parent},
        {"list returns a job's parents", lists_the_parents},
        {"follow-ups may wait for each other and for their job", follow_ups_may_wait},
        {"replacing the input of a blocked job does not unblock it", replacing_does_not_unblock},
        {"parents that finish concurrently in several processes are counted once each",
         counts_right_with_many_at_once},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
