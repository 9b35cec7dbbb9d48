#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

const JobError some_error = {
    .code = "E7005", .message = "No data.", .details = JsonText::parse(R"({"period":"2011-01"})")};

void expect_finished(const Job& job, JobStatus status) {
    expect_equal(job.status, status, "status");
    expect(job.finished_at.has_value(), "finished_at to be set");
    expect_equal(job.updated_at, *job.finished_at, "updated_at");
    expect_equal(job.expires_at, *job.finished_at + job.retention, "expires_at");
    expect_equal(job.lease_expires_at, std::nullopt, "lease_expires_at");
}

void expect_waiting(const Job& job, Duration delay) {
    expect_equal(job.status, JobStatus::pending, "status");
    expect_equal(job.run_at, job.updated_at + delay, "run_at");
    expect_equal(job.lease_expires_at, std::nullopt, "lease_expires_at");
    expect_equal(job.finished_at, std::nullopt, "finished_at");
    expect_equal(job.expires_at, std::nullopt, "expires_at");
}

void completes(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    const auto result = scene.settle(Settlement::completed(lease, JsonText::parse(R"({"n":1})")));
    expect(result.accepted, "the completion to be accepted");
    expect_equal(result.status, JobStatus::completed, "returned status");
    const auto job = scene.job(lease.id);
    expect_finished(job, JobStatus::completed);
    expect_equal(job.result, JsonText::parse(R"({"n":1})"), "result");
    expect_equal(job.error, std::nullopt, "error");
    expect_equal(job.progress.percent, 100, "percent");
    expect_equal(job.attempt, 1, "attempt");
    expect_equal(job.fence, lease.fence, "fence");
    expect_equal(job.worker, "worker", "worker, the last one");
    expect_equal(job.revision, before.revision + 1, "revision");
}

void completes_with_null(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.accept(Settlement::completed(lease, {}));
    expect_equal(scene.job(lease.id).result, JsonText(), "result of a job that returned null");
}

void keeps_the_last_message(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.renew(lease, Progress{40, "reading"});
    scene.accept(Settlement::completed(lease, {}));
    expect_equal(scene.job(lease.id).progress, Progress{100, "reading"}, "progress");
}

void fails(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.renew(lease, Progress{40, "reading"});
    const auto result = scene.settle(Settlement::failed(lease, some_error));
    expect(result.accepted, "the failure to be accepted");
    expect_equal(result.status, JobStatus::failed, "returned status");
    const auto job = scene.job(lease.id);
    expect_finished(job, JobStatus::failed);
    expect_equal(job.error, some_error, "error");
    expect_equal(job.result, std::nullopt, "result");
    expect_equal(job.progress, Progress{40, "reading"}, "progress");
    expect_equal(job.attempt, 1, "attempt");
}

void retries(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    const auto result = scene.settle(Settlement::retried(lease, some_error, an_hour));
    expect(result.accepted, "the retry to be accepted");
    expect_equal(result.status, JobStatus::pending, "returned status");
    const auto job = scene.job(lease.id);
    expect_waiting(job, an_hour);
    expect_equal(job.error, some_error, "error");
    expect_equal(job.attempt, 1, "attempt, still charged");
    expect_equal(job.fence, lease.fence, "fence");
    expect_equal(job.revision, before.revision + 1, "revision");
    expect_equal(scene.claim(10).size(), 0, "jobs claimed before the delay has passed");
}

void releases(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    const auto result = scene.settle(Settlement::released(lease));
    expect(result.accepted, "the release to be accepted");
    expect_equal(result.status, JobStatus::pending, "returned status");
    const auto job = scene.job(lease.id);
    expect_waiting(job, before.run_at - job.updated_at);
    expect_equal(job.attempt, 0, "attempt, refunded");
    expect_equal(job.fence, lease.fence, "fence, not refunded");
    expect_equal(job.error, std::nullopt, "error");
    const auto again = scene.claim_one();
    expect_equal(again.attempt, 1, "attempt of the next claim");
    expect(again.lease.fence > lease.fence, "a new fence of the next claim");
}

void snoozes(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.accept(Settlement::released(lease, an_hour));
    expect_waiting(scene.job(lease.id), an_hour);
    expect_equal(scene.claim(10).size(), 0, "jobs claimed before the delay has passed");
}

void refunds_one_attempt_of_several(Scene& scene) {
    const auto first = scene.running();
    scene.accept(Settlement::retried(first.lease, some_error, {}));
    const auto second = scene.claim_one();
    scene.accept(Settlement::released(second.lease));
    expect_equal(scene.job(first.lease.id).attempt, 1, "attempt after a retry and a release");
}

void settlement_cancels_when_requested(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    const auto result = scene.settle(Settlement::cancelled(lease));
    expect(result.accepted, "the cancellation to be accepted");
    expect_equal(result.status, JobStatus::cancelled, "returned status");
    expect_finished(scene.job(lease.id), JobStatus::cancelled);
}

void refuses_to_cancel_unasked(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    expect(!scene.settle(Settlement::cancelled(lease)).accepted,
           "an unrequested cancellation not to be accepted");
    expect_same(scene.job(lease.id), before, "after the refused cancellation");
}

void completes_in_spite_of_a_late_cancel(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    const auto result = scene.settle(Settlement::completed(lease, JsonText::parse("7")));
    expect_equal(result.status, JobStatus::completed, "returned status");
    expect_equal(scene.job(lease.id).result, JsonText::parse("7"), "result");
}

void fails_in_spite_of_a_late_cancel(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    expect_equal(scene.settle(Settlement::failed(lease, some_error)).status, JobStatus::failed,
                 "returned status");
    expect_finished(scene.job(lease.id), JobStatus::failed);
}

void cancels_instead_of_a_retry(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    const auto result = scene.settle(Settlement::retried(lease, some_error, {}));
    expect(result.accepted, "the retry to be accepted");
    expect_equal(result.status, JobStatus::cancelled, "returned status");
    expect_finished(scene.job(lease.id), JobStatus::cancelled);
    expect_equal(scene.claim(10).size(), 0, "jobs claimed after that");
}

void cancels_instead_of_a_release(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    const auto result = scene.settle(Settlement::released(lease));
    expect(result.accepted, "the release to be accepted");
    expect_equal(result.status, JobStatus::cancelled, "returned status");
    expect_finished(scene.job(lease.id), JobStatus::cancelled);
    expect_equal(scene.claim(10).size(), 0, "jobs claimed after that");
}

void accepts_after_the_lease_ran_out(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    scene.accept(Settlement::completed(lease, {}));
    expect_equal(scene.store().rescue(10, many_crashes).size(), 0, "jobs to rescue after that");
}

void ignores_old_fences(Scene& scene) {
    const auto old = scene.running().lease;
    scene.accept(Settlement::retried(old, some_error, {}));
    const auto current = scene.claim_one().lease;
    scene.store().cancel(old.id, {});
    const auto before = scene.job(old.id);
    const LeaseRef future{old.id, current.fence + 1};
    for (const auto& lease : {old, future}) {
        for (const auto& settlement :
             {Settlement::completed(lease, {}), Settlement::failed(lease, {}),
              Settlement::retried(lease, {}, {}), Settlement::released(lease),
              Settlement::cancelled(lease),
              Settlement::completed(lease, {}).with_progress({99, "late"})})
            expect(!scene.settle(settlement).accepted,
                   fmt::format("a settlement with fence {} not to be accepted while the job's is "
                               "{}",
                               lease.fence, current.fence));
    }
    expect_same(scene.job(old.id), before, "after settlements with other fences");
}

void ignores_unknown_jobs(Scene& scene) {
    expect(!scene.settle(Settlement::completed({scene.fresh_id(), 1}, {})).accepted,
           "a settlement of an unknown job not to be accepted");
}

void finishes_once(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.accept(Settlement::completed(lease, JsonText::parse("1")));
    const auto before = scene.job(lease.id);
    expect(!scene.settle(Settlement::completed(lease, JsonText::parse("2"))).accepted,
           "a repeated completion not to be accepted");
    expect(!scene.settle(Settlement::failed(lease, some_error)).accepted,
           "a failure after the completion not to be accepted");
    expect_same(scene.job(lease.id), before, "after the repeated settlements");
}

void finishes_once_within_a_batch(Scene& scene) {
    const auto lease = scene.running().lease;
    const std::vector<Settlement> twice = {Settlement::completed(lease, JsonText::parse("1")),
                                           Settlement::failed(lease, some_error)};
    const auto results = scene.store().settle(twice);
    expect_equal(results.size(), 2, "results");
    expect(results[0].accepted && !results[1].accepted, "only the first of the two to be accepted");
    expect_equal(scene.job(lease.id).result, JsonText::parse("1"), "result");
}

void settlements_keep_their_order(Scene& scene) {
    scene.submit(5);
    const auto claimed = scene.claim(5);
    expect_equal(claimed.size(), 5, "jobs claimed");
    scene.store().cancel(claimed[3].lease.id, {});
    const LeaseRef old{claimed[1].lease.id, claimed[1].lease.fence - 1};
    const std::vector<Settlement> settlements = {
        Settlement::released(claimed[4].lease, an_hour),
        Settlement::completed(claimed[0].lease, {}), Settlement::completed(old, {}),
        Settlement::retried(claimed[3].lease, some_error, {}),
        Settlement::failed(claimed[2].lease, some_error)};
    const auto results = scene.store().settle(settlements);
    expect_equal(results.size(), 5, "results");
    expect_equal(results[0].status, JobStatus::pending, "status of result 0");
    expect_equal(results[1].status, JobStatus::completed, "status of result 1");
    expect(!results[2].accepted, "result 2, of an old fence, not to be accepted");
    expect_equal(results[3].status, JobStatus::cancelled, "status of result 3");
    expect_equal(results[4].status, JobStatus::failed, "status of result 4");
    expect_equal(scene.status(claimed[1].lease.id), JobStatus::processing,
                 "status of the job with an old fence");
}

void settles_before_it_claims(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto settlement = Settlement::retried(lease, some_error, {});
    const std::vector<std::string> queues = {"default"};
    const auto result = scene.store().exchange({&settlement, 1},
                                               {.worker = "worker", .queues = queues, .limit = 5});
    expect_equal(result.settled.size(), 1, "results");
    expect(result.settled[0].accepted, "the retry to be accepted");
    expect_equal(result.claimed.size(), 1, "jobs claimed in the same exchange");
    expect_equal(result.claimed[0].lease.id, lease.id, "the job of the new lease");
    expect(result.claimed[0].lease.fence > lease.fence, "a new fence");
}

void writes_the_last_progress(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.renew(lease, Progress{40, "reading"});
    scene.accept(Settlement::failed(lease, some_error).with_progress({70, "writing"}));
    expect_equal(scene.job(lease.id).progress, Progress{70, "writing"}, "progress");
    const auto other = scene.running().lease;
    scene.accept(Settlement::completed(other, {}).with_progress({90, "done"}));
    expect_equal(scene.job(other.id).progress, Progress{100, "done"}, "progress when completed");
}

void never_sets_progress_back(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.renew(lease, Progress{40, "reading"});
    scene.accept(Settlement::failed(lease, some_error).with_progress({39, "reading"}));
    expect_equal(scene.job(lease.id).progress.percent, 40, "percent");
}

/// With all kinds of characters: quotes, control characters, and characters of several bytes.
void keeps_the_error_of_each_attempt(Scene& scene) {
    const JobError second_error = {
        .code = "E\\2", .message = "\"a\"\n\t{}\xF0\x9F\x9A\x80", .details = {}};
    const auto id = scene.submit({.max_attempts = 3});
    std::vector<AttemptError> expected;
    const auto settle = [&](const Settlement& settlement) {
        scene.accept(settlement);
        const auto job = scene.job(id);
        expected.push_back({static_cast<int>(expected.size()) + 1, job.updated_at, job.worker,
                            settlement.error().code, settlement.error().message});
        expect_equal(job.attempt_errors, expected, "attempt_errors");
    };
    settle(Settlement::retried(scene.claim_one().lease, some_error, {}));
    settle(Settlement::retried(scene.claim_one().lease, second_error, {}));
    scene.accept(Settlement::released(scene.claim_one().lease));
    expect_equal(scene.job(id).attempt_errors, expected, "attempt_errors after a release");
    settle(Settlement::failed(scene.claim_one().lease, some_error));
}

void keeps_the_errors_of_a_job_that_completes_at_last(Scene& scene) {
    const auto id = scene.submit();
    scene.accept(Settlement::retried(scene.claim_one().lease, some_error, {}));
    scene.accept(Settlement::completed(scene.claim_one().lease, {}));
    expect_equal(scene.job(id).error, std::nullopt, "error");
    expect_equal(scene.job(id).attempt_errors.size(), 1, "number of attempt_errors");
}

void cuts_long_texts_of_attempt_errors(Scene& scene) {
    const JobError long_error = {.code = std::string(200, 'c'),
                                 .message = std::string(999, 'm') + "\xC3\xA4",
                                 .details = {}};
    const auto id = scene.submit();
    scene.accept(Settlement::retried(scene.claim_one().lease, long_error, {}));
    const auto job = scene.job(id);
    expect_equal(job.error, long_error, "error");
    expect_equal(job.attempt_errors.size(), 1, "number of attempt_errors");
    expect_equal(job.attempt_errors[0].code, std::string(AttemptError::max_code, 'c'), "code");
    expect_equal(job.attempt_errors[0].message, std::string(999, 'm'),
                 "message, truncated between characters");
}

} // namespace

Cases settle_cases() {
    return {
        {"completing finishes a job with its result", completes},
        {"a result may be null", completes_with_null},
        {"progress is 100 when completed, and the last message stays", keeps_the_last_message},
        {"failing finishes a job with its error", fails},
        {"a retry waits for its delay and keeps the attempt charged", retries},
        {"a release refunds the attempt but not the fence", releases},
        {"a release may have a delay", snoozes},
        {"a release refunds one attempt", refunds_one_attempt_of_several},
        {"a worker cancels a job whose cancel was requested", settlement_cancels_when_requested},
        {"a worker can't cancel a job without a request", refuses_to_cancel_unasked},
        {"completing wins over a late cancel request", completes_in_spite_of_a_late_cancel},
        {"failing wins over a late cancel request", fails_in_spite_of_a_late_cancel},
        {"a retry of a job whose cancel was requested cancels it", cancels_instead_of_a_retry},
        {"a release of a job whose cancel was requested cancels it", cancels_instead_of_a_release},
        {"a settlement between the end of the lease and a rescue is accepted",
         accepts_after_the_lease_ran_out},
        {"a settlement with another fence changes nothing", ignores_old_fences},
        {"a settlement of an unknown job changes nothing", ignores_unknown_jobs},
        {"a job finishes once", finishes_once},
        {"a job finishes once within a batch", finishes_once_within_a_batch},
        {"outcomes are returned in the order of the settlements", settlements_keep_their_order},
        {"an exchange settles before it claims", settles_before_it_claims},
        {"a settlement writes the last progress", writes_the_last_progress},
        {"a settlement never decreases progress", never_sets_progress_back},
        {"each failed attempt leaves its error", keeps_the_error_of_each_attempt},
        {"the errors of attempts outlive a completion",
         keeps_the_errors_of_a_job_that_completes_at_last},
        {"long texts of an attempt's error are truncated", cuts_long_texts_of_attempt_errors},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
