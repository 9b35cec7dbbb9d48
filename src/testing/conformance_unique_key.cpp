#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using Outcome = Submitted::Outcome;

Submitted submit_keyed(Scene& scene, std::string key) {
    const auto job = scene.filled({.unique_key = std::move(key)});
    const auto results = scene.store().submit({&job, 1});
    expect_equal(results.size(), 1, "results");
    expect(results[0].outcome != Outcome::created || results[0].id == job.id,
           "a created job to have the id it was given");
    expect(results[0].outcome == Outcome::created || !scene.find(job.id),
           "a job whose key is taken not to be stored");
    return results[0];
}

void expect_taken(Scene& scene, const JobId& holder, std::string_view when) {
    const auto before = scene.job(holder);
    const auto result = submit_keyed(scene, "key");
    expect_equal(result.outcome, Outcome::key_taken,
                 fmt::format("outcome while the holder is {}", when));
    expect_equal(result.id, holder, "returned id, the holder's");
    expect_equal(result.created_at, before.created_at, "returned created_at");
    expect_same(scene.job(holder), before, "of the holder after the conflict");
}

void expect_unique_key_free(Scene& scene, std::string_view when) {
    expect_equal(submit_keyed(scene, "key").outcome, Outcome::created,
                 fmt::format("outcome {}", when));
}

void holds_while_pending_and_processing(Scene& scene) {
    const auto id = scene.submit({.unique_key = "key"});
    expect_taken(scene, id, "pending");
    const auto first = scene.claim_one();
    expect_taken(scene, id, "processing");
    scene.accept(Settlement::retried(first.lease, {}, an_hour));
    expect_taken(scene, id, "waiting for its next attempt");
}

void holds_while_the_cancel_is_only_requested(Scene& scene) {
    const auto lease = scene.running({.unique_key = "key"}).lease;
    scene.store().cancel(lease.id, {});
    expect_taken(scene, lease.id, "asked to stop");
    scene.accept(Settlement::cancelled(lease));
    expect_unique_key_free(scene, "after it has stopped");
}

void holds_across_a_rescue(Scene& scene) {
    const auto lease = scene.running({.unique_key = "key"}, no_lease).lease;
    scene.rescue_one();
    expect_taken(scene, lease.id, "rescued");
}

void replaces_the_input_of_a_pending_holder(Scene& scene) {
    const auto id = scene.submit({.input = JsonText::parse("1"), .unique_key = "key"});
    const auto before = scene.job(id);
    const auto job = scene.filled({.input = JsonText::parse("2"),
                                   .run_at = far_ahead,
                                   .unique_key = "key",
                                   .on_conflict = OnConflict::replace});
    const auto result = scene.store().submit({&job, 1}).front();
    expect_equal(result.outcome, Outcome::replaced, "outcome");
    expect_equal(result.id, id, "returned id, the holder's");
    const auto after = scene.job(id);
    auto expected = before;
    expected.input = job.input;
    expected.run_at = far_ahead;
    expected.updated_at = after.updated_at;
    ++expected.revision;
    expect_same(after, expected, "of the holder after the replacement");
    expect(!scene.find(job.id), "the new job not to be stored");
    expect_equal(scene.claim(10).size(), 0, "jobs due before their new time");
}

void replaces_nothing_of_a_processing_holder(Scene& scene) {
    const auto lease = scene.running({.unique_key = "key"}).lease;
    const auto before = scene.job(lease.id);
    const auto job = scene.filled(
        {.input = JsonText::parse("2"), .unique_key = "key", .on_conflict = OnConflict::replace});
    const auto result = scene.store().submit({&job, 1}).front();
    expect_equal(result.outcome, Outcome::key_taken, "outcome");
    expect_same(scene.job(lease.id), before, "of the holder");
}

void replaces_by_id_too(Scene& scene) {
    const auto id = scene.submit({.input = JsonText::parse("1")});
    auto job = scene.filled({.input = JsonText::parse("2"), .on_conflict = OnConflict::replace});
    job.id = id;
    expect_equal(scene.store().submit({&job, 1}).front().outcome, Outcome::replaced, "outcome");
    expect_equal(scene.claim_one().input, job.input, "input");
}

NewJob replacement(Scene& scene, const char* input, NewJob job) {
    job.input = JsonText::parse(input);
    job.on_conflict = OnConflict::replace;
    return scene.filled(std::move(job));
}

/// The last two of `jobs` are replacements of `holder`.
void expect_last_replacement_stays(Scene& scene, const JobId& holder,
                                   const std::vector<NewJob>& jobs, std::string_view which) {
    const auto results = scene.store().submit(jobs);
    for (const auto& result : {results.at(jobs.size() - 2), results.at(jobs.size() - 1)}) {
        expect_equal(result.outcome, Outcome::replaced, fmt::format("outcome {}", which));
        expect_equal(result.id, holder, fmt::format("id of the replaced job {}", which));
    }
    expect_equal(scene.job(holder).input, jobs.back().input, fmt::format("input {}", which));
}

void keeps_the_last_of_a_batchs_replacements(Scene& scene) {
    const auto holder = scene.submit({.unique_key = "unique"});
    expect_last_replacement_stays(
        scene, holder,
        {scene.filled({.idempotency_key = "a"}),
         replacement(scene, "1", {.unique_key = "unique", .idempotency_key = "a"}), // repeated
         replacement(scene, "2", {.unique_key = "unique"}),
         replacement(scene, "3", {.id = holder})},
        "by key, then by id");
    expect_last_replacement_stays(scene, holder,
                                  {scene.filled({.idempotency_key = "b"}),
                                   replacement(scene, "4", {.id = holder, .idempotency_key = "b"}),
                                   replacement(scene, "5", {.unique_key = "unique"})},
                                  "by id, then by key");
}

void frees_on_completion(Scene& scene) {
    scene.completed({.unique_key = "key"});
    expect_unique_key_free(scene, "after the holder completed");
}

void frees_on_failure(Scene& scene) {
    scene.failed({.unique_key = "key"});
    expect_unique_key_free(scene, "after the holder failed");
}

void frees_on_cancel(Scene& scene) {
    scene.cancelled({.unique_key = "key"});
    expect_unique_key_free(scene, "after the holder was cancelled");
}

void frees_on_worker_lost(Scene& scene) {
    scene.running({.unique_key = "key"}, no_lease);
    expect_equal(scene.rescue_one(1).status, JobStatus::failed, "status at the crash limit");
    expect_unique_key_free(scene, "after the holder failed of lost workers");
}

void remembers_the_key_of_a_finished_job(Scene& scene) {
    const auto id = scene.completed({.unique_key = "key"});
    expect_equal(scene.job(id).unique_key, "key", "unique_key of a completed job");
}

void is_taken_again_by_a_retry(Scene& scene) {
    const auto id = scene.failed({.unique_key = "key"});
    expect_equal(scene.store().retry(id), RetryOutcome::retried, "retry");
    expect_taken(scene, id, "retried");
}

void refuses_a_retry_while_another_holds(Scene& scene) {
    const auto failed = scene.failed({.unique_key = "key"});
    const auto holder = scene.submit({.unique_key = "key"});
    const auto before = scene.job(failed);
    expect_equal(scene.store().retry(failed), RetryOutcome::key_taken, "retry");
    expect_same(scene.job(failed), before, "after the refused retry");
    scene.store().cancel(holder, {});
    expect_equal(scene.store().retry(failed), RetryOutcome::retried, "retry with the key free");
}

void leaves_the_rest_of_a_batch_alone(Scene& scene) {
    const auto holder = scene.submit({.unique_key = "key"});
    const std::vector<NewJob> jobs = {scene.filled(), scene.filled({.unique_key = "key"}),
                                      scene.filled({.unique_key = "other"})};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.size(), 3, "results");
    expect_equal(results[0].outcome, Outcome::created, "outcome before the conflict");
    expect_equal(results[1].outcome, Outcome::key_taken, "outcome of the conflict");
    expect_equal(results[1].id, holder, "id of the holder");
    expect_equal(results[2].outcome, Outcome::created, "outcome after the conflict");
    expect(scene.find(jobs[0].id) && !scene.find(jobs[1].id) && scene.find(jobs[2].id),
           "only the neighbours to be stored");
}

void unique_key_goes_to_the_first(Scene& scene) {
    const std::vector<NewJob> jobs = {scene.filled({.unique_key = "key"}),
                                      scene.filled({.unique_key = "key"}), scene.filled()};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.size(), 3, "results");
    expect_equal(results[0].outcome, Outcome::created, "outcome of the first");
    expect_equal(results[1].outcome, Outcome::key_taken, "outcome of the second");
    expect_equal(results[1].id, jobs[0].id, "id of the holder");
    expect_equal(results[2].outcome, Outcome::created, "outcome of one without a key");
}

void checks_the_id_first(Scene& scene) {
    const auto id = scene.submit({.unique_key = "key"});
    const auto again = scene.filled({.id = id, .unique_key = "key"});
    expect_equal(scene.store().submit({&again, 1}).at(0).outcome, Outcome::id_exists,
                 "outcome of a repeated submit with a unique key");
}

void is_one_across_queues_types_and_owners(Scene& scene) {
    scene.submit({.type = "a", .queue = "a", .owner = "a", .unique_key = "key"});
    const auto job = scene.filled({.type = "b", .queue = "b", .owner = "b", .unique_key = "key"});
    expect_equal(scene.store().submit({&job, 1}).at(0).outcome, Outcome::key_taken, "outcome");
}

void unique_keys_are_compared_as_bytes(Scene& scene) {
    // They differ in letter case, in a trailing space, and in one letter composed and decomposed.
    const std::vector<std::string> keys = {
        "key", "KEY", "key ", " key", "k\xC3\xA9y", "ke\xCC\x81y", "key\xE2\x80\x8B", "ke"};
    for (const auto& key : keys)
        expect_equal(submit_keyed(scene, key).outcome, Outcome::created,
                     fmt::format("outcome for the key {}", show(key)));
    for (const auto& key : keys)
        expect_equal(submit_keyed(scene, key).outcome, Outcome::key_taken,
                     fmt::format("second outcome for the key {}", show(key)));
}

void may_be_as_long_as_allowed(Scene& scene) {
    const std::string prefix(254, 'k');
    expect_equal(submit_keyed(scene, prefix + "1").outcome, Outcome::created, "first outcome");
    expect_equal(submit_keyed(scene, prefix + "2").outcome, Outcome::created,
                 "outcome of a key that differs in its 255th byte");
    expect_equal(submit_keyed(scene, prefix + "1").outcome, Outcome::key_taken, "third outcome");
}

} // namespace

Cases unique_key_cases() {
    return {
        {"OnConflict::replace replaces the input and run_at of a pending job with its key",
         replaces_the_input_of_a_pending_holder},
        {"a processing job's input is not replaced", replaces_nothing_of_a_processing_holder},
        {"OnConflict::replace replaces the input of a pending job with its id", replaces_by_id_too},
        {"the last of a batch's replacements of one job stays",
         keeps_the_last_of_a_batchs_replacements},

        {"a unique key is held by a pending and by a processing job",
         holds_while_pending_and_processing},
        {"a unique key is held until a requested cancel takes effect",
         holds_while_the_cancel_is_only_requested},
        {"a unique key is held across a rescue", holds_across_a_rescue},
        {"a unique key is free when its job completed", frees_on_completion},
        {"a unique key is free when its job failed", frees_on_failure},
        {"a unique key is free when its job was cancelled", frees_on_cancel},
        {"a unique key is free when its job failed of lost workers", frees_on_worker_lost},
        {"a finished job still shows the unique key it had", remembers_the_key_of_a_finished_job},
        {"a retried job holds its unique key again", is_taken_again_by_a_retry},
        {"a retry is refused while another job holds the unique key",
         refuses_a_retry_while_another_holds},
        {"a taken unique key leaves the rest of its batch alone", leaves_the_rest_of_a_batch_alone},
        {"a unique key twice in a batch goes to the first", unique_key_goes_to_the_first},
        {"a repeated submit with a unique key finds its own job", checks_the_id_first},
        {"a unique key is one across queues, types and owners",
         is_one_across_queues_types_and_owners},
        {"unique keys are compared byte for byte", unique_keys_are_compared_as_bytes},
        {"a unique key may have 255 bytes, and each of them counts", may_be_as_long_as_allowed},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
