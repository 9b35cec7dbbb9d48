#include "conformance_dependency.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using Outcome = Submitted::Outcome;

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

/// Once for each kind of key.
void a_refused_job_holds_no_key(Scene& scene) {
    for (const auto key : {&NewJob::unique_key, &NewJob::idempotency_key}) {
        const auto unknown = scene.fresh_id();
        auto orphan = scene.filled({.queue = "children", .after = {unknown}});
        auto next = scene.filled({.queue = "children"});
        orphan.*key = next.*key = "key";
        const auto last = scene.filled({.queue = "last", .after = {next.id}});
        const std::vector<NewJob> jobs = {orphan, next, last};
        const auto results = scene.store().submit(jobs);
        expect_equal(results[0].outcome, Outcome::parent_missing, "outcome of the orphan");
        expect_equal(results[0].id, unknown, "returned id");
        expect_equal(results[1].outcome, Outcome::created, "outcome of the job with its key");
        expect_equal(results[2].outcome, Outcome::created, "outcome of the job after that");
        expect(!scene.find(orphan.id), "the orphan not to be stored");
        expect_equal(ids_of(scene.claim(10, {"children"})), {next.id}, "jobs claimed");
    }
}

void a_refused_job_leaves_its_id(Scene& scene) {
    const auto orphan = scene.filled({.after = {scene.fresh_id()}});
    auto again = orphan;
    again.after.clear();
    const std::vector<NewJob> jobs = {orphan, again};
    const auto results = scene.store().submit(jobs);
    expect_equal(results[0].outcome, Outcome::parent_missing, "outcome of the orphan");
    expect_equal(results[1].outcome, Outcome::created, "outcome of the job with its id");
    expect_equal(scene.claim_one().lease.id, orphan.id, "job claimed");
}

void a_later_job_is_no_parent(Scene& scene) {
    const auto parent = scene.filled();
    const auto child = scene.filled({.queue = "children", .after = {parent.id}});
    const std::vector<NewJob> jobs = {child, parent};
    const auto results = scene.store().submit(jobs);
    expect_equal(results[0].outcome, Outcome::parent_missing, "outcome of the child");
    expect_equal(results[0].id, parent.id, "returned id");
    expect_equal(results[1].outcome, Outcome::created, "outcome of the later job");
    expect(!scene.find(child.id), "the child not to be stored");
    const auto settlement = Settlement::completed(scene.claim_one().lease, JsonText());
    scene.store().exchange({&settlement, 1}, {});
    expect_equal(promote(scene).size(), 0, "jobs unblocked");
}

void a_taken_key_counts_before_a_missing_parent(Scene& scene) {
    const auto holder = scene.running({.unique_key = "key"}).lease;
    const auto same = scene.filled({.unique_key = "key", .after = {scene.fresh_id()}});
    const auto child = scene.filled({.queue = "children", .after = {same.id}});
    const std::vector<NewJob> jobs = {same, child};
    const auto results = scene.store().submit(jobs);
    expect_equal(results[0].outcome, Outcome::key_taken, "outcome of the job with a taken key");
    expect_equal(results[0].id, holder.id, "returned id");
    expect_equal(results[1].outcome, Outcome::created, "outcome of its child");
    scene.accept(Settlement::completed(holder, JsonText()));
    promote(scene);
    expect_equal(ids_of(scene.claim(10, {"children"})), {child.id}, "jobs claimed");
}

void follow_ups_are_refused_alone(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto next =
        scene.filled({.queue = "children", .unique_key = "key", .idempotency_key = "key"});
    const auto orphan =
        scene.filled({.unique_key = "key", .idempotency_key = "key", .after = {scene.fresh_id()}});
    const auto early = scene.filled({.after = {next.id}});
    const auto last = scene.filled({.queue = "last", .after = {next.id}});
    scene.accept(
        Settlement::completed(lease, JsonText()).with_follow_ups({orphan, early, next, last}));
    expect(!scene.find(orphan.id) && !scene.find(early.id), "no refused job to be stored");
    scene.accept(Settlement::completed(scene.claim_one("children").lease, JsonText()));
    promote(scene);
    expect_equal(ids_of(scene.claim(10, {"last", "default"})), {last.id}, "jobs claimed");
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

} // namespace

Cases parent_submit_cases() {
    return {
        {"a job may have finished parents", comes_after_parents_that_have_finished},
        {"one submit stores a whole graph", takes_a_graph_in_one_submit},
        {"a job with a missing parent is refused, and so are its children",
         refuses_a_parent_that_is_not_there},
        {"a job that is refused for a missing parent holds no key of later jobs of its submit",
         a_refused_job_holds_no_key},
        {"a job that is refused for a missing parent leaves its id to later jobs of its submit",
         a_refused_job_leaves_its_id},
        {"a later job of a submit is no parent of an earlier one", a_later_job_is_no_parent},
        {"a taken key counts before a missing parent", a_taken_key_counts_before_a_missing_parent},
        {"the holder of a taken unique key replaces a parent",
         waits_for_the_holder_of_its_parents_key},
        {"a holder from the same submit replaces a parent",
         waits_for_a_holder_from_the_same_submit},
        {"a job with a reused id waits for its own parents only", waits_for_its_own_parents_alone},
        {"a resubmitted job waits for its former parent", waits_for_a_parent_that_it_had_before},
        {"follow-ups may wait for each other and for their job", follow_ups_may_wait},
        {"a follow-up with a missing parent prevents no other", follow_ups_are_refused_alone},
        {"replacing the input of a blocked job does not unblock it", replacing_does_not_unblock},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
