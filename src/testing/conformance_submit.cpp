#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using Outcome = Submitted::Outcome;

void keeps_all_members(Scene& scene) {
    const auto id = scene.submit({.type = "sales_report",
                                  .input = JsonText::parse(R"({"month":"2011-01"})"),
                                  .queue = "reports",
                                  .owner = "user 42",
                                  .max_attempts = 7,
                                  .run_at = far_ahead,
                                  .timeout = std::chrono::minutes{3},
                                  .retention = std::chrono::hours{5},
                                  .keep_failed = std::chrono::hours{50},
                                  .unique_key = "january"});
    const auto job = scene.job(id);
    expect_equal(job.id, id, "id");
    expect_equal(job.type, "sales_report", "type");
    expect_equal(job.input.text(), R"({"month":"2011-01"})", "input");
    expect_equal(job.queue, "reports", "queue");
    expect_equal(job.owner, "user 42", "owner");
    expect_equal(job.max_attempts, 7, "max_attempts");
    expect_equal(job.run_at, far_ahead, "run_at");
    expect_equal(job.timeout, std::chrono::minutes{3}, "timeout");
    expect_equal(job.retention, std::chrono::hours{5}, "retention");
    expect_equal(job.keep_failed, std::chrono::hours{50}, "keep_failed");
    expect_equal(job.unique_key, "january", "unique_key");
}

void starts_from_nothing(Scene& scene) {
    const auto job = scene.job(scene.submit());
    expect_equal(job.status, JobStatus::pending, "status");
    expect_equal(job.keep_failed, job.retention, "keep_failed");
    expect_equal(job.progress, {}, "progress");
    expect_equal(job.result, std::nullopt, "result");
    expect_equal(job.error, std::nullopt, "error");
    expect_equal(job.attempt, 0, "attempt");
    expect_equal(job.crashes, 0, "crashes");
    expect_equal(job.fence, 0, "fence");
    expect_equal(job.revision, 1, "revision");
    expect_equal(job.worker, "", "worker");
    expect_equal(job.unique_key, std::nullopt, "unique_key");
    expect_equal(job.updated_at, job.created_at, "updated_at");
    expect_equal(job.started_at, std::nullopt, "started_at");
    expect_equal(job.finished_at, std::nullopt, "finished_at");
    expect_equal(job.cancel_requested_at, std::nullopt, "cancel_requested_at");
    expect_equal(job.lease_expires_at, std::nullopt, "lease_expires_at");
    expect_equal(job.expires_at, std::nullopt, "expires_at");
}

void is_due_at_once(Scene& scene) {
    const auto job = scene.job(scene.submit());
    expect_equal(job.run_at, job.created_at, "run_at of a job without run_at and delay");
}

void counts_the_delay_from_the_submit(Scene& scene) {
    const auto job = scene.job(scene.submit({.delay = an_hour}));
    expect_equal(job.run_at, job.created_at + an_hour, "run_at of a job with a delay of an hour");
}

void submits_keep_their_order(Scene& scene) {
    std::vector<NewJob> jobs;
    for (int i = 0; i < 20; ++i) jobs.push_back(scene.filled());
    std::swap(jobs[3].id, jobs[17].id);
    std::swap(jobs[0].id, jobs[9].id);
    const auto results = scene.store().submit(jobs);
    expect_equal(results.size(), jobs.size(), "results");
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        expect_equal(results[i].id, jobs[i].id, fmt::format("id of outcome {}", i));
        expect_equal(results[i].created_at, scene.job(jobs[i].id).created_at,
                     fmt::format("created_at of outcome {}", i));
    }
}

void accepts_an_empty_batch(Scene& scene) {
    expect_equal(scene.store().submit({}).size(), 0, "outcomes of a submit of no jobs");
}

void finds_a_repeated_submit(Scene& scene) {
    const auto id = scene.submit({.type = "first", .owner = "a"});
    const auto before = scene.job(id);
    const NewJob again = scene.filled({.id = id, .type = "second", .owner = "b"});
    const auto results = scene.store().submit({&again, 1});
    expect_equal(results.size(), 1, "results");
    expect_equal(results[0].outcome, Outcome::id_exists, "outcome of a submit with a taken id");
    expect_equal(results[0].id, id, "returned id");
    expect_equal(results[0].created_at, before.created_at, "returned created_at");
    expect_same(scene.job(id), before, "after a submit with the same id");
}

void keeps_the_id_of_a_finished_job_taken(Scene& scene) {
    const auto id = scene.completed();
    const auto before = scene.job(id);
    const NewJob again = scene.filled({.id = id});
    expect_equal(scene.store().submit({&again, 1}).at(0).outcome, Outcome::id_exists,
                 "outcome of a submit with the id of a completed job");
    expect_same(scene.job(id), before, "after a submit with the same id");
}

void stores_the_rest_of_a_batch(Scene& scene) {
    const auto taken = scene.submit();
    const std::vector<NewJob> jobs = {scene.filled(), scene.filled({.id = taken}), scene.filled()};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.size(), 3, "results");
    expect_equal(results[0].outcome, Outcome::created, "outcome before the conflict");
    expect_equal(results[1].outcome, Outcome::id_exists, "outcome of the conflict");
    expect_equal(results[2].outcome, Outcome::created, "outcome after the conflict");
    expect(scene.find(jobs[0].id) && scene.find(jobs[2].id), "both neighbours to be stored");
}

void treats_duplicates_in_a_batch_one_after_the_other(Scene& scene) {
    const auto first = scene.filled({.type = "first"});
    const auto second = scene.filled({.id = first.id, .type = "second"});
    const std::vector<NewJob> jobs = {first, second};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.size(), 2, "results");
    expect_equal(results[0].outcome, Outcome::created, "outcome of the first");
    expect_equal(results[1].outcome, Outcome::id_exists, "outcome of its duplicate");
    expect_equal(scene.job(first.id).type, "first", "type");
}

void finds_a_duplicate_whatever_else_is_taken(Scene& scene) {
    const auto taken = scene.submit({.unique_key = "unique", .idempotency_key = "key"});
    const auto first = scene.filled();
    const std::vector<NewJob> jobs = {first, scene.filled({.id = taken}),
                                      scene.filled({.id = first.id, .unique_key = "unique"}),
                                      scene.filled({.id = first.id, .idempotency_key = "key"})};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.at(0).outcome, Outcome::created, "outcome of the first");
    expect_equal(results.at(1).outcome, Outcome::id_exists, "outcome with a taken id");
    for (const auto& duplicate : {results.at(2), results.at(3)}) {
        expect_equal(duplicate.outcome, Outcome::id_exists, "outcome of a duplicate");
        expect_equal(duplicate.id, first.id, "id in the outcome of a duplicate");
    }
}

void takes_a_large_batch(Scene& scene) {
    const auto ids = scene.submit(1000);
    const auto found = scene.store().find(ids);
    expect_equal(found.size(), ids.size(), "jobs found");
    for (std::size_t i = 0; i < ids.size(); ++i)
        expect(found[i] && found[i]->id == ids[i], fmt::format("job {} to be stored", i));
}

} // namespace

Cases submit_cases() {
    return {
        {"a submitted job keeps all of its members", keeps_all_members},
        {"a submitted job is pending, without attempts and progress", starts_from_nothing},
        {"a job without run_at is due when it is submitted", is_due_at_once},
        {"a delay counts from the submit by the store's clock", counts_the_delay_from_the_submit},
        {"a submit returns outcomes in the order of its jobs", submits_keep_their_order},
        {"a submit of no jobs returns no outcomes", accepts_an_empty_batch},
        {"a repeated submit finds its own job and changes nothing", finds_a_repeated_submit},
        {"the id of a finished job stays taken", keeps_the_id_of_a_finished_job_taken},
        {"a taken id does not affect the rest of its batch", stores_the_rest_of_a_batch},
        {"the first of two equal ids in a batch takes it",
         treats_duplicates_in_a_batch_one_after_the_other},
        {"the second of two equal ids in a batch finds the first, even with taken keys",
         finds_a_duplicate_whatever_else_is_taken},
        {"a thousand jobs are submitted at once", takes_a_large_batch},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
