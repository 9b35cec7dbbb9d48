#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using Outcome = Submitted::Outcome;

Submitted submit_keyed(Scene& scene, NewJob job) {
    if (!job.idempotency_key) job.idempotency_key = "key";
    job = scene.filled(std::move(job));
    const auto result = scene.store().submit({&job, 1}).at(0);
    expect_equal(scene.find(job.id).has_value(), result.outcome == Outcome::created,
                 "existence of the job");
    return result;
}

void expect_repeated(Scene& scene, const JobId& first, std::string_view when, NewJob again = {}) {
    const auto before = scene.job(first);
    const auto result = submit_keyed(scene, std::move(again));
    expect_equal(result.outcome, Outcome::repeated, fmt::format("outcome {}", when));
    expect_equal(result.id, first, "returned id, the first job's");
    expect_equal(result.created_at, before.created_at, "returned created_at");
    expect_same(scene.job(first), before, "of the first job");
}

void expect_idempotency_key_free(Scene& scene, std::string_view when) {
    expect_equal(submit_keyed(scene, {}).outcome, Outcome::created,
                 fmt::format("outcome {}", when));
}

void returns_the_first_job(Scene& scene) {
    const auto id = scene.submit({.idempotency_key = "key"});
    expect_equal(scene.job(id).idempotency_key, "key", "idempotency_key");
    expect_equal(scene.job(scene.submit()).idempotency_key, std::nullopt,
                 "idempotency_key of a job without one");
    expect_repeated(scene, id, "with another type, queue and owner",
                    {.type = "b", .queue = "b", .owner = "b"});
}

void does_nothing_whatever_the_conflict(Scene& scene) {
    const auto id = scene.submit({.input = JsonText::parse("1"), .idempotency_key = "key"});
    for (const auto policy : {OnConflict::keep, OnConflict::replace, OnConflict::refuse})
        expect_repeated(scene, id, "with another policy",
                        {.input = JsonText::parse("2"), .on_conflict = policy});
}

void outlives_the_end_of_its_job(Scene& scene) {
    const auto running = scene.running({.idempotency_key = "key"}).lease;
    expect_repeated(scene, running.id, "while it is processing");
    scene.accept(Settlement::completed(running, {}));
    expect_repeated(scene, running.id, "after it completed");
    const auto failed = scene.failed({.idempotency_key = "failed"});
    expect_repeated(scene, failed, "after it failed", {.idempotency_key = "failed"});
    const auto cancelled = scene.cancelled({.idempotency_key = "cancelled"});
    expect_repeated(scene, cancelled, "after it was cancelled", {.idempotency_key = "cancelled"});
}

void stays_with_a_retried_job(Scene& scene) {
    const auto id = scene.failed({.idempotency_key = "key"});
    expect_equal(scene.store().retry(id), RetryOutcome::retried, "retry");
    expect_equal(scene.job(id).idempotency_key, "key", "idempotency_key of the retried job");
    expect_repeated(scene, id, "after the retry");
}

void is_free_after_a_removal(Scene& scene) {
    const auto id = scene.completed({.idempotency_key = "key"});
    expect_equal(scene.store().remove(id), RemoveOutcome::removed, "remove");
    expect_idempotency_key_free(scene, "after the first job was removed");
}

void is_free_after_a_purge(Scene& scene) {
    scene.completed({.retention = Duration{0}, .idempotency_key = "key"});
    expect_equal(scene.store().purge(10), 1, "jobs purged");
    expect_idempotency_key_free(scene, "after the first job was purged");
}

void comes_after_the_id_and_before_the_unique_key(Scene& scene) {
    const auto first = scene.submit({.idempotency_key = "key"});
    const auto holder = scene.submit({.unique_key = "unique"});
    expect_repeated(scene, first, "with a taken unique key", {.unique_key = "unique"});
    const auto again = scene.filled({.id = holder, .idempotency_key = "key"});
    expect_equal(scene.store().submit({&again, 1}).at(0).outcome, Outcome::id_exists,
                 "outcome of a submit with a taken id");
}

void idempotency_key_goes_to_the_first(Scene& scene) {
    const std::vector<NewJob> jobs = {scene.filled({.idempotency_key = "key"}),
                                      scene.filled({.idempotency_key = "key"}),
                                      scene.filled({.idempotency_key = "other"}), scene.filled()};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.size(), 4, "results");
    expect_equal(results[0].outcome, Outcome::created, "outcome of the first");
    expect_equal(results[1].outcome, Outcome::repeated, "outcome of the second");
    expect_equal(results[1].id, jobs[0].id, "id of the second outcome, the first job's");
    expect_equal(results[1].created_at, results[0].created_at, "created_at of the second outcome");
    expect_equal(results[2].outcome, Outcome::created, "outcome of one with another key");
    expect_equal(results[3].outcome, Outcome::created, "outcome of one without a key");
    expect(!scene.find(jobs[1].id) && scene.find(jobs[2].id) && scene.find(jobs[3].id),
           "only the neighbours to be stored");
}

void goes_to_the_first_whatever_else_is_taken(Scene& scene) {
    const auto taken = scene.submit({.unique_key = "unique"});
    const std::vector<NewJob> jobs = {
        scene.filled({.idempotency_key = "key"}), scene.filled({.id = taken}),
        scene.filled({.unique_key = "unique", .idempotency_key = "key"})};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.at(0).outcome, Outcome::created, "outcome of the first");
    expect_equal(results.at(1).outcome, Outcome::id_exists, "outcome of the second");
    expect_equal(results.at(2).outcome, Outcome::repeated, "outcome of the third");
    expect_equal(results.at(2).id, jobs[0].id, "id of the third outcome, the first job's");
}

void is_not_taken_by_a_job_that_was_not_made(Scene& scene) {
    const std::vector<NewJob> jobs = {
        scene.filled({.unique_key = "unique"}),
        scene.filled({.unique_key = "unique", .idempotency_key = "key"}),
        scene.filled({.idempotency_key = "key"})};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.at(1).outcome, Outcome::key_taken, "outcome of the second");
    expect_equal(results.at(2).outcome, Outcome::created, "outcome of the third");
}

void stands_in_for_a_parent(Scene& scene) {
    const auto first = scene.running({.idempotency_key = "key"}).lease;
    const auto again = scene.filled({.idempotency_key = "key"});
    const auto child = scene.filled({.queue = "children", .after = {again.id}});
    const std::vector<NewJob> jobs = {again, child};
    const auto results = scene.store().submit(jobs);
    expect_equal(results.at(0).outcome, Outcome::repeated, "outcome of the parent");
    expect_equal(results.at(1).outcome, Outcome::created, "outcome of the child");
    scene.accept(Settlement::completed(first, {}));
    scene.store().promote(10);
    expect_equal(scene.claim_one("children").lease.id, child.id, "id of the unblocked job");
}

void keeps_a_follow_up_from_being_made_twice(Scene& scene) {
    const auto first = scene.submit({.queue = "other", .idempotency_key = "key"});
    const auto lease = scene.running().lease;
    const auto again = scene.filled({.idempotency_key = "key"});
    const auto neighbour = scene.filled();
    scene.accept(Settlement::completed(lease, {}).with_follow_ups({again, neighbour}));
    expect(scene.find(first) && !scene.find(again.id) && scene.find(neighbour.id),
           "only the follow-up without the key to be created");
}

void idempotency_keys_are_compared_as_bytes(Scene& scene) {
    const std::vector<std::string> keys = {"key",
                                           "KEY",
                                           "key ",
                                           " key",
                                           "k\xC3\xA9y",
                                           "ke\xCC\x81y",
                                           "ke",
                                           std::string(254, 'k') + '1',
                                           std::string(254, 'k') + '2'};
    for (const auto outcome : {Outcome::created, Outcome::repeated})
        for (const auto& key : keys)
            expect_equal(submit_keyed(scene, {.idempotency_key = key}).outcome, outcome,
                         fmt::format("outcome for the key {}", show(key)));
}

} // namespace

Cases idempotency_key_cases() {
    return {
        {"a repeated idempotency key returns the first job", returns_the_first_job},
        {"a repeated idempotency key changes nothing under any on_conflict",
         does_nothing_whatever_the_conflict},
        {"an idempotency key outlives the end of its job", outlives_the_end_of_its_job},
        {"a retried job keeps its idempotency key", stays_with_a_retried_job},
        {"an idempotency key is free when its job was removed", is_free_after_a_removal},
        {"an idempotency key is free when its job was purged", is_free_after_a_purge},
        {"an idempotency key is checked after the id and before the unique key",
         comes_after_the_id_and_before_the_unique_key},
        {"an idempotency key twice in a batch goes to the first",
         idempotency_key_goes_to_the_first},
        {"an idempotency key twice in a batch is repeated, even with a taken unique key",
         goes_to_the_first_whatever_else_is_taken},
        {"a job that was not created takes no idempotency key",
         is_not_taken_by_a_job_that_was_not_made},
        {"the first job replaces a repeated parent",
         stands_in_for_a_parent,
         {.dependencies = true}},
        {"a follow-up with a repeated idempotency key is skipped",
         keeps_a_follow_up_from_being_made_twice},
        {"idempotency keys are compared byte for byte", idempotency_keys_are_compared_as_bytes},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
