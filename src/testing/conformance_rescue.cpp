#include "conformance_check.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void makes_it_pending_again(Scene& scene) {
    const auto lease = scene.running({.queue = "reports"}, no_lease).lease;
    const auto before = scene.job(lease.id);
    const auto rescued = scene.rescue_one();
    expect_equal(rescued.id, lease.id, "returned id");
    expect_equal(rescued.queue, "reports", "returned queue");
    expect_equal(rescued.status, JobStatus::pending, "returned status");
    const auto job = scene.job(lease.id);
    expect_equal(job.status, JobStatus::pending, "status");
    expect_equal(job.crashes, 1, "crashes");
    expect_equal(job.attempt, 0, "attempt, refunded");
    expect_equal(job.fence, lease.fence, "fence, which continues");
    expect_equal(job.lease_expires_at, std::nullopt, "lease_expires_at");
    expect_equal(job.error, std::nullopt, "error");
    expect_equal(job.run_at, job.updated_at, "run_at, now");
    expect_equal(job.revision, before.revision + 1, "revision");
}

void lets_it_run_again(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    scene.rescue_one();
    const auto again = scene.claim_one();
    expect_equal(again.lease.id, lease.id, "the job of the new lease");
    expect(again.lease.fence > lease.fence, "a new fence");
    expect_equal(again.attempt, 1, "attempt");
    expect_equal(again.crashes, 1, "crashes");
    scene.accept(Settlement::completed(again.lease, {}));
}

void refunds_no_earlier_attempt(Scene& scene) {
    const auto first = scene.running().lease;
    scene.accept(Settlement::retried(first, {.code = "E1"}, {}));
    scene.claim_one("default", no_lease);
    scene.rescue_one();
    const auto job = scene.job(first.id);
    expect_equal(job.attempt, 1, "attempt after one failure and one crash");
    expect_equal(job.error, JobError{.code = "E1"}, "error of the failed attempt");
}

ClaimedJob claim_ahead(Scene& scene) {
    const std::vector<std::string> queues = {"default"};
    const ClaimRequest request{
        .worker = "w", .queues = queues, .limit = 10, .lease_for = no_lease, .ahead = true};
    auto claimed = scene.store().claim(request).claimed;
    expect_equal(claimed.size(), 1, "number of jobs claimed");
    return std::move(claimed.front());
}

bool report_start(Scene& scene, const LeaseRef& lease) {
    const Heartbeat heartbeat{.lease = lease, .started = true};
    return scene.store().renew({&heartbeat, 1}, no_lease).front().kept;
}

void loses_it_ahead(Scene& scene) {
    const auto before = scene.job(claim_ahead(scene).lease.id);
    expect_equal(scene.rescue_one(1).status, JobStatus::pending, "returned status");
    const auto job = scene.job(before.id);
    expect_equal(job.status, JobStatus::pending, "status");
    expect_equal(job.crashes, before.crashes, "crashes");
    expect_equal(job.attempt, before.attempt - 1, "attempt, refunded");
    expect_equal(job.revision, before.revision + 1, "revision");
}

void charges_no_crash_for_a_job_claimed_ahead(Scene& scene) {
    scene.submit();
    for (int losses = 0; losses < 3; ++losses) loses_it_ahead(scene);
}

void hands_it_out_as_lost_ahead(Scene& scene) {
    scene.submit();
    expect(!claim_ahead(scene).lost_ahead, "lost_ahead not to be set by a first claim");
    scene.rescue_one();
    const auto job = claim_ahead(scene);
    expect(job.lost_ahead, "lost_ahead to be set by the next claim ahead");
    expect(scene.store().leases_of("w").front().lost_ahead, "lost_ahead to be set by leases_of");
    scene.accept(Settlement::released(job.lease));
    expect(scene.claim_one().lost_ahead, "lost_ahead to be set by a later claim, not ahead");
}

void charges_a_crash_for_a_claim_not_ahead(Scene& scene) {
    scene.submit();
    loses_it_ahead(scene);
    scene.claim_one("default", no_lease);
    expect_equal(scene.rescue_one(1).status, JobStatus::failed, "returned status");
}

void charges_a_crash_for_a_job_that_started(Scene& scene) {
    const auto id = scene.submit();
    for (int crashes = 1; crashes < 3; ++crashes) {
        expect(report_start(scene, claim_ahead(scene).lease), "the lease to be kept");
        expect_equal(scene.rescue_one(3).status, JobStatus::pending, "returned status");
        expect_equal(scene.job(id).crashes, crashes, "crashes");
    }
    report_start(scene, claim_ahead(scene).lease);
    expect_equal(scene.rescue_one(3).status, JobStatus::failed, "returned status");
    expect_equal(scene.job(id).error->code, std::string(error_code::worker_lost),
                 "code of the error");
}

void forgets_a_loss_once_it_started(Scene& scene) {
    scene.submit();
    loses_it_ahead(scene);
    const auto job = claim_ahead(scene);
    report_start(scene, job.lease);
    scene.accept(Settlement::released(job.lease));
    expect(!claim_ahead(scene).lost_ahead, "lost_ahead not to be set");
}

void forgets_a_loss_with_a_retry(Scene& scene) {
    scene.submit();
    loses_it_ahead(scene);
    const auto failed = claim_ahead(scene).lease;
    scene.accept(Settlement::failed(failed, {.code = "E1"}));
    expect_equal(scene.store().retry(failed.id), RetryOutcome::retried, "retry");
    expect(!claim_ahead(scene).lost_ahead, "lost_ahead not to be set");
}

void takes_no_start_under_another_fence(Scene& scene) {
    scene.submit();
    const auto old = claim_ahead(scene).lease;
    scene.rescue_one();
    claim_ahead(scene);
    expect(!report_start(scene, old), "the old lease not to be kept");
    expect_equal(scene.rescue_one(1).status, JobStatus::pending, "returned status");
    expect_equal(scene.job(old.id).crashes, 0, "crashes");
}

void charges_no_crash_under_a_limit(Scene& scene) {
    scene.store().set_limit({.name = "lane", .queue = "default", .concurrency = 5});
    scene.submit();
    loses_it_ahead(scene);
    report_start(scene, claim_ahead(scene).lease);
    expect_equal(scene.rescue_one(1).status, JobStatus::failed, "status once it has started");
}

void cancels_a_job_claimed_ahead(Scene& scene) {
    scene.submit();
    const auto lease = claim_ahead(scene).lease;
    scene.store().cancel(lease.id, {});
    expect_equal(scene.rescue_one(1).status, JobStatus::cancelled, "returned status");
    expect_equal(scene.job(lease.id).crashes, 0, "crashes");
}

void leaves_valid_leases(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    expect_equal(scene.store().rescue(10, 1).size(), 0, "jobs rescued");
    expect_same(scene.job(lease.id), before, "after a rescue while the lease is valid");
}

void leaves_all_but_processing(Scene& scene) {
    const auto pending = scene.submit({.queue = "other", .run_at = long_ago});
    const std::vector<JobId> ids = {pending, scene.completed({.retention = Duration::zero()}),
                                    scene.failed(), scene.cancelled()};
    const auto released = scene.running({}, no_lease).lease;
    scene.accept(Settlement::released(released, an_hour));
    expect_equal(scene.store().rescue(10, 1).size(), 0, "jobs rescued");
    expect_equal(scene.status(pending), JobStatus::pending, "status of a pending job");
}

void fails_at_the_crash_limit(Scene& scene) {
    const auto id = scene.submit({.keep_failed = an_hour});
    for (int crash = 1; crash <= 3; ++crash) {
        scene.claim_one("default", no_lease);
        const auto status = crash < 3 ? JobStatus::pending : JobStatus::failed;
        expect_equal(scene.rescue_one(3).status, status,
                     fmt::format("status after crash {} with a limit of 3", crash));
    }
    const auto job = scene.job(id);
    expect_equal(job.status, JobStatus::failed, "status");
    expect_equal(job.crashes, 3, "crashes");
    expect(job.error.has_value(), "an error to be set");
    expect_equal(job.error->code, std::string(error_code::worker_lost), "code of the error");
    const std::vector<AttemptError> lost = {
        {1, job.updated_at, job.worker, job.error->code, job.error->message}};
    expect_equal(job.attempt_errors, lost, "attempt_errors");
    expect(job.finished_at.has_value(), "finished_at to be set");
    expect_equal(job.expires_at, *job.finished_at + job.keep_failed, "expires_at");
    expect_equal(job.lease_expires_at, std::nullopt, "lease_expires_at");
}

void rescue_cancels_when_requested(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    scene.store().cancel(lease.id, {});
    expect_equal(scene.rescue_one().status, JobStatus::cancelled, "returned status");
    const auto job = scene.job(lease.id);
    expect_equal(job.status, JobStatus::cancelled, "status");
    expect_equal(job.crashes, 1, "crashes");
    expect(job.finished_at.has_value() && job.expires_at.has_value(),
           "finished_at and expires_at to be set");
}

void fails_before_it_cancels(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    scene.store().cancel(lease.id, {});
    expect_equal(scene.rescue_one(1).status, JobStatus::failed,
                 "status at the crash limit, though a cancel was requested");
}

void goes_by_batches(Scene& scene) {
    std::vector<JobId> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(scene.running({}, no_lease).lease.id);
    std::vector<JobId> rescued;
    for (const std::size_t expected : {2u, 2u, 1u, 0u}) {
        const auto batch = scene.store().rescue(2, many_crashes);
        expect_equal(batch.size(), expected, "jobs rescued with a limit of 2");
        for (const auto& one : batch) rescued.push_back(one.id);
    }
    std::sort(rescued.begin(), rescued.end());
    expect_equal(rescued, ids, "all jobs rescued");
}

void takes_the_longest_expired_first(Scene& scene) {
    std::vector<LeaseRef> leases;
    for (int i = 0; i < 5; ++i) leases.push_back(scene.running({}, no_lease).lease);
    scene.renew(leases[0], {}, no_lease);
    scene.renew(leases[3], {}, no_lease);
    std::vector<Timestamp> in_order, as_rescued;
    for (const auto& lease : leases)
        in_order.push_back(scene.job(lease.id).lease_expires_at.value());
    for (std::size_t i = 0; i < leases.size(); ++i) {
        const auto rescued = scene.store().rescue(1, many_crashes);
        expect_equal(rescued.size(), 1, "jobs rescued with a limit of 1");
        for (std::size_t j = 0; j < leases.size(); ++j)
            if (leases[j].id == rescued[0].id) as_rescued.push_back(in_order[j]);
    }
    std::sort(in_order.begin(), in_order.end());
    expect_equal(as_rescued, in_order, "order in which expired leases are rescued");
}

void rescues_nothing_with_a_limit_of_zero(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    expect_equal(scene.store().rescue(0, many_crashes).size(), 0, "jobs rescued");
    expect_equal(scene.status(lease.id), JobStatus::processing, "status");
}

} // namespace

Cases rescue_cases() {
    return {
        {"a rescue makes the job pending and due, and charges a crash but no attempt",
         makes_it_pending_again},
        {"a rescued job runs again under a new fence", lets_it_run_again},
        {"a rescue charges no crash to a job that was claimed ahead and has not started",
         charges_no_crash_for_a_job_claimed_ahead},
        {"a claim returns whether a job was lost ahead", hands_it_out_as_lost_ahead},
        {"a rescue charges a crash to a job lost ahead and then claimed to start at once",
         charges_a_crash_for_a_claim_not_ahead},
        {"a rescue charges a crash to a job that was claimed ahead and has started",
         charges_a_crash_for_a_job_that_started},
        {"a job that has started is no longer lost ahead", forgets_a_loss_once_it_started},
        {"a retry clears lost_ahead", forgets_a_loss_with_a_retry},
        {"a start under another fence does not count", takes_no_start_under_another_fence},
        {"a rescue distinguishes claims ahead under a limit",
         charges_no_crash_under_a_limit,
         {.limits = true}},
        {"a rescue cancels a job that was claimed ahead and has a cancel request",
         cancels_a_job_claimed_ahead},
        {"a rescue refunds one attempt", refunds_no_earlier_attempt},
        {"a rescue does not change valid leases", leaves_valid_leases},
        {"a rescue does not change jobs that are not processing", leaves_all_but_processing},
        {"a job that lost its worker too often fails", fails_at_the_crash_limit},
        {"a rescue cancels a job whose cancel was requested", rescue_cancels_when_requested},
        {"the crash limit takes precedence over a cancel request", fails_before_it_cancels},
        {"a rescue takes no more than its limit", goes_by_batches},
        {"a rescue starts with the lease that expired first", takes_the_longest_expired_first},
        {"a rescue with a limit of zero does nothing", rescues_nothing_with_a_limit_of_zero},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
