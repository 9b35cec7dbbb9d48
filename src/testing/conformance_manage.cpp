#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void cancels_pending_jobs(Scene& scene) {
    const auto id = scene.submit();
    expect_equal(scene.store().cancel(id, {}), CancelOutcome::cancelled, "cancel of a pending job");
    const auto job = scene.job(id);
    expect_equal(job.status, JobStatus::cancelled, "status");
    expect(job.finished_at.has_value(), "finished_at to be set");
    expect_equal(job.updated_at, *job.finished_at, "updated_at");
    expect_equal(job.expires_at, *job.finished_at + job.retention, "expires_at");
    expect_equal(scene.claim(10).size(), 0, "jobs claimed after the cancel");
}

void asks_processing_jobs(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    expect_equal(scene.store().cancel(lease.id, {}), CancelOutcome::requested, "cancel");
    const auto job = scene.job(lease.id);
    expect(job.cancel_requested_at.has_value(), "cancel_requested_at to be set");
    auto expected = before;
    expected.cancel_requested_at = job.cancel_requested_at;
    expected.updated_at = *job.cancel_requested_at;
    ++expected.revision;
    expect_same(job, expected, "after a cancel request");
}

void asks_once(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    const auto before = scene.job(lease.id);
    expect_equal(scene.store().cancel(lease.id, {}), CancelOutcome::requested, "a repeated cancel");
    expect_same(scene.job(lease.id), before, "after a repeated cancel");
}

void returns_why_it_is_not_cancelled(Scene& scene) {
    auto& store = scene.store();
    expect_equal(store.cancel(scene.cancelled(), {}), CancelOutcome::already_cancelled,
                 "cancel of a cancelled job");
    expect_equal(store.cancel(scene.completed(), {}), CancelOutcome::already_finished,
                 "cancel of a completed job");
    expect_equal(store.cancel(scene.failed(), {}), CancelOutcome::already_finished,
                 "cancel of a failed job");
    expect_equal(store.cancel(scene.fresh_id(), {}), CancelOutcome::not_found,
                 "cancel of an unknown job");
}

void expect_restart(Scene& scene, const JobId& id) {
    const auto before = scene.job(id);
    expect_equal(scene.store().retry(id), RetryOutcome::retried, "retry");
    const auto job = scene.job(id);
    expect_equal(job.status, JobStatus::pending, "status");
    expect_equal(job.attempt, 0, "attempt");
    expect_equal(job.crashes, 0, "crashes");
    expect_equal(job.progress, {}, "progress");
    expect_equal(job.error, std::nullopt, "error");
    expect_equal(job.attempt_errors.size(), 0, "number of attempt_errors");
    expect_equal(job.result, std::nullopt, "result");
    expect_equal(job.cancel_requested_at, std::nullopt, "cancel_requested_at");
    expect_equal(job.finished_at, std::nullopt, "finished_at");
    expect_equal(job.expires_at, std::nullopt, "expires_at");
    expect_equal(job.lease_expires_at, std::nullopt, "lease_expires_at");
    expect_equal(job.run_at, job.updated_at, "run_at, now");
    expect_equal(job.created_at, before.created_at, "created_at");
    expect_equal(job.input, before.input, "input");
    expect_equal(job.fence, before.fence, "fence, which continues");
    expect_equal(job.revision, before.revision + 1, "revision");
    const auto claimed = scene.claim_one();
    expect_equal(claimed.lease.id, id, "the job of the new run");
    expect(claimed.lease.fence > before.fence, "a new fence of the new run");
    expect_equal(claimed.attempt, 1, "attempt of the new run");
    scene.accept(Settlement::completed(claimed.lease, {}));
}

void restarts_a_failed_job(Scene& scene) {
    const auto first = scene.running({.input = JsonText::parse("[3]")}).lease;
    scene.accept(Settlement::retried(first, {.code = "E1"}, {}));
    scene.claim_one("default", no_lease);
    scene.rescue_one();
    const auto lease = scene.claim_one().lease;
    scene.renew(lease, Progress{80, "nearly"});
    scene.store().cancel(lease.id, {});
    scene.accept(Settlement::failed(lease, {.code = "E2"}));
    expect_restart(scene, lease.id);
}

void restarts_a_cancelled_job(Scene& scene) { expect_restart(scene, scene.cancelled()); }

void retries_a_job_that_was_asked_to_stop(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    scene.accept(Settlement::cancelled(lease));
    expect_restart(scene, lease.id);
}

void returns_why_it_is_not_retried(Scene& scene) {
    auto& store = scene.store();
    expect_equal(store.retry(scene.submit({.queue = "other"})), RetryOutcome::not_finished,
                 "retry of a pending job");
    expect_equal(store.retry(scene.running().lease.id), RetryOutcome::not_finished,
                 "retry of a processing job");
    expect_equal(store.retry(scene.completed()), RetryOutcome::already_completed,
                 "retry of a completed job");
    expect_equal(store.retry(scene.fresh_id()), RetryOutcome::not_found, "retry of an unknown job");
}

void ignores_the_fences_of_the_run_before(Scene& scene) {
    const auto old = scene.running().lease;
    scene.accept(Settlement::failed(old, {}));
    scene.store().retry(old.id);
    scene.claim_one();
    expect(!scene.settle(Settlement::completed(old, {})).accepted,
           "a settlement with a fence of the previous run not to be accepted");
    expect(!scene.renew(old).kept, "a lease of the previous run to be lost");
}

void removes_finished_jobs(Scene& scene) {
    for (const auto& id : {scene.completed(), scene.failed(), scene.cancelled()}) {
        expect_equal(scene.store().remove(id), RemoveOutcome::removed, "remove");
        expect(!scene.find(id), "the removed job not to exist");
        expect_equal(scene.store().remove(id), RemoveOutcome::not_found, "a repeated remove");
    }
    expect_equal(scene.store().list({}).jobs.size(), 0, "jobs listed after that");
}

/// The lease of a worker that was lost long ago, on a job that is submitted again.
void expect_no_fence_again(Scene& scene, const LeaseRef& old) {
    auto lease = old;
    for (int claims = 0; claims < 3; ++claims) {
        lease = scene.claim_one().lease;
        expect_equal(lease.id, old.id, "the claimed job");
        expect(lease.fence > old.fence, "a fence above those of the removed job");
        expect(!scene.settle(Settlement::completed(old, {})).accepted,
               "a settlement under the old fence to be refused");
        expect(!scene.renew(old).kept, "the old lease not to be renewed");
        scene.accept(Settlement::released(lease));
    }
    expect_equal(scene.store().cancel(old.id, {}), CancelOutcome::cancelled, "cancel");
}

void gives_no_fence_again_after_a_removal(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {.force = true});
    scene.store().remove(lease.id);
    scene.submit({.id = lease.id});
    expect_no_fence_again(scene, lease);
}

void gives_no_fence_again_after_a_purge(Scene& scene) {
    const auto lease = scene.running({.retention = {}}).lease;
    scene.store().cancel(lease.id, {.force = true});
    expect_equal(scene.store().purge(10), 1, "number of jobs purged");
    const auto store = scene.open();
    const auto job = scene.filled({.id = lease.id});
    expect_equal(store->submit({&job, 1}).front().outcome, Submitted::Outcome::created, "submit");
    expect_no_fence_again(scene, lease);
}

void removes_no_live_jobs(Scene& scene) {
    const auto pending = scene.submit({.queue = "other"});
    const auto processing = scene.running().lease.id;
    expect_equal(scene.store().remove(pending), RemoveOutcome::not_finished,
                 "remove of a pending job");
    expect_equal(scene.store().remove(processing), RemoveOutcome::not_finished,
                 "remove of a processing job");
    expect(scene.find(pending) && scene.find(processing), "both jobs still to exist");
}

void gives_a_removed_id_back(Scene& scene) {
    const auto id = scene.completed();
    scene.store().remove(id);
    scene.submit({.id = id});
    expect_equal(scene.status(id), JobStatus::pending, "status of a new job with a removed id");
}

void purges_what_has_expired(Scene& scene) {
    const NewJob brief{.retention = Duration::zero()};
    const std::vector<JobId> gone = {scene.completed(brief), scene.failed(brief),
                                     scene.cancelled(brief)};
    const std::vector<JobId> kept = {
        scene.completed({.retention = an_hour}), scene.failed({.retention = an_hour}),
        scene.cancelled({.retention = an_hour}),
        scene.submit({.queue = "other", .retention = Duration::zero()}),
        scene.running(brief).lease.id};
    expect_equal(scene.store().purge(100), gone.size(), "jobs purged");
    for (const auto& id : gone) expect(!scene.find(id), "an expired job not to exist");
    for (const auto& id : kept) expect(scene.find(id).has_value(), "every other job to exist");
    expect_equal(scene.store().purge(100), 0, "jobs purged again");
}

void keeps_failed_jobs_for_their_own_time(Scene& scene) {
    const NewJob job{.retention = Duration::zero(), .keep_failed = an_hour};
    const auto failed = scene.failed(job);
    const auto record = scene.job(failed);
    expect_equal(record.expires_at, *record.finished_at + an_hour, "expires_at of a failed job");
    scene.completed(job);
    scene.cancelled(job);
    const auto brief = scene.failed({.retention = an_hour, .keep_failed = Duration::zero()});
    expect_equal(scene.store().purge(100), 3, "jobs purged");
    expect(!scene.find(brief), "a failed job not to exist after its time");
    expect(scene.find(failed).has_value(), "a failed job to exist until its time");
}

void purges_in_batches(Scene& scene) {
    for (int i = 0; i < 5; ++i) scene.cancelled({.retention = Duration::zero()});
    expect_equal(scene.store().purge(0), 0, "jobs purged with a limit of 0");
    expect_equal(scene.store().purge(2), 2, "jobs purged with a limit of 2");
    expect_equal(scene.store().list({}).jobs.size(), 3, "jobs left");
    expect_equal(scene.store().purge(2), 2, "jobs purged with a limit of 2");
    expect_equal(scene.store().purge(2), 1, "jobs purged with a limit of 2");
}

void remembers_the_owners_of_purged_jobs(Scene& scene) {
    const NewJob anns{.owner = "ann", .retention = Duration::zero()};
    const std::vector<JobId> purged = {scene.completed(anns), scene.failed(anns),
                                       scene.cancelled(anns)};
    const auto ownerless = scene.completed({.retention = Duration::zero()});
    const auto kept = scene.completed({.owner = "ann", .retention = an_hour});
    const auto removed = scene.completed({.owner = "ann", .retention = an_hour});
    scene.store().remove(removed);
    expect(!scene.store().tombstone_owner(purged.front()), "no tombstone before the purge");
    expect_equal(scene.store().purge(100), purged.size() + 1, "jobs purged");
    const auto other = scene.open();
    for (const auto& id : purged) {
        expect_equal(scene.store().tombstone_owner(id).value_or("none"), "ann",
                     "the purged job's owner");
        expect_equal(other->tombstone_owner(id).value_or("none"), "ann",
                     "the owner, through another object");
    }
    for (const auto& id : {ownerless, kept, removed, scene.fresh_id()})
        expect(!scene.store().tombstone_owner(id), "no tombstone of any other job");
}

void purges_an_id_twice(Scene& scene) {
    const auto id = scene.completed({.owner = "ann", .retention = Duration::zero()});
    scene.store().purge(100);
    scene.completed({.id = id, .owner = "bob", .retention = Duration::zero()});
    expect_equal(scene.store().purge(100), 1, "jobs purged with a reused id");
    expect_equal(scene.store().tombstone_owner(id).value_or("none"), "bob", "the later owner");
}

void keeps_a_retried_job_from_the_purge(Scene& scene) {
    const auto id = scene.failed({.retention = Duration::zero()});
    scene.store().retry(id);
    expect_equal(scene.store().purge(100), 0, "jobs purged");
    expect_equal(scene.status(id), JobStatus::pending, "status");
}

} // namespace

Cases manage_cases() {
    return {
        {"a pending job is cancelled at once", cancels_pending_jobs},
        {"a processing job is asked to stop", asks_processing_jobs},
        {"a repeated cancel request is no change", asks_once},
        {"a refused cancel returns the reason", returns_why_it_is_not_cancelled},
        {"a retry restarts a failed job", restarts_a_failed_job},
        {"a retry restarts a cancelled job", restarts_a_cancelled_job},
        {"a retry clears the cancel request", retries_a_job_that_was_asked_to_stop},
        {"a refused retry returns the reason", returns_why_it_is_not_retried},
        {"a worker of the previous run changes nothing", ignores_the_fences_of_the_run_before},
        {"a finished job can be removed before it expires", removes_finished_jobs},
        {"a live job can't be removed", removes_no_live_jobs},
        {"the id of a removed job is free", gives_a_removed_id_back},
        {"no fence repeats for an id that was removed and submitted again",
         gives_no_fence_again_after_a_removal},
        {"no fence repeats for an id that was purged and submitted again",
         gives_no_fence_again_after_a_purge},
        {"a purge deletes only expired finished jobs", purges_what_has_expired},
        {"a failed job is kept for keep_failed, any other for its retention",
         keeps_failed_jobs_for_their_own_time},
        {"a purge deletes no more than its limit", purges_in_batches},
        {"a tombstone keeps the owner of a purged job",
         remembers_the_owners_of_purged_jobs,
         {.tombstones = true}},
        {"an id can be purged twice and keeps the later owner",
         purges_an_id_twice,
         {.tombstones = true}},
        {"a retried job no longer expires", keeps_a_retried_job_from_the_purge},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
