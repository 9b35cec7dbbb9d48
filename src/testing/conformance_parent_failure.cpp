#include "conformance_dependency.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void expect_stopped(Scene& scene, const JobId& id, JobStatus status, const JobId& parent) {
    const auto job = scene.job(id);
    expect_equal(job.status, status, "status");
    expect(job.finished_at.has_value(), "finished_at to be set");
    const auto kept = status == JobStatus::failed ? job.keep_failed : job.retention;
    expect_equal(job.expires_at, *job.finished_at + kept, "expires_at");
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

Cases parent_failure_cases() {
    return {
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
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
