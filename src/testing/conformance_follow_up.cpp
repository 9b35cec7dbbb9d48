#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void are_submitted_with_the_settlement(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto first = scene.filled({.type = "webhook", .owner = "7", .delay = an_hour});
    const auto second = scene.filled({.input = JsonText::parse(R"({"a":[1]})"), .queue = "next"});
    scene.accept(Settlement::completed(lease, {}).with_follow_ups({first, second}));
    const auto webhook = scene.job(first.id);
    expect_equal(webhook.type, "webhook", "type");
    expect_equal(webhook.owner, "7", "owner");
    expect_equal(webhook.status, JobStatus::pending, "status");
    expect_equal(webhook.created_at, *scene.job(lease.id).finished_at, "created_at");
    expect_equal(webhook.run_at, webhook.created_at + an_hour, "run_at");
    const auto next = scene.claim_one("next");
    expect_equal(next.lease.id, second.id, "id of the follow-up that is due");
    expect_equal(next.input, second.input, "input");
}

void go_with_every_kind(Scene& scene) {
    const auto submitted_by = [&](auto settle, std::string_view kind) {
        const auto lease = scene.running({.delay = {}}).lease;
        const auto follow_up = scene.filled({.queue = "follow-ups"});
        scene.store().cancel(lease.id, {});
        scene.accept(settle(lease).with_follow_ups({follow_up}));
        expect(scene.find(follow_up.id).has_value(),
               fmt::format("the follow-up of a {} job to be submitted", kind));
    };
    submitted_by([](LeaseRef lease) { return Settlement::completed(lease, {}); }, "completed");
    submitted_by([](LeaseRef lease) { return Settlement::failed(lease, {}); }, "failed");
    submitted_by([](LeaseRef lease) { return Settlement::retried(lease, {}, an_hour); }, "retried");
    submitted_by([](LeaseRef lease) { return Settlement::released(lease, an_hour); }, "released");
    submitted_by([](LeaseRef lease) { return Settlement::cancelled(lease); }, "cancelled");
}

void are_not_submitted_with_an_old_fence(Scene& scene) {
    const auto old = scene.running().lease;
    scene.accept(Settlement::released(old));
    scene.claim_one();
    const auto follow_up = scene.filled();
    const auto late = Settlement::completed(old, {}).with_follow_ups({follow_up});
    expect(!scene.settle(late).accepted, "a settlement with an old fence not to be accepted");
    expect(!scene.find(follow_up.id), "its follow-up not to be submitted");
}

void are_not_submitted_twice(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto first = scene.filled();
    const auto second = scene.filled();
    scene.accept(Settlement::completed(lease, {}).with_follow_ups({first}));
    const auto again = Settlement::completed(lease, {}).with_follow_ups({second});
    expect(!scene.settle(again).accepted, "a repeated settlement not to be accepted");
    expect(!scene.find(second.id), "the follow-up of the repeated settlement not to be submitted");
}

void are_not_submitted_by_an_unasked_cancel(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto follow_up = scene.filled();
    const auto unasked = Settlement::cancelled(lease).with_follow_ups({follow_up});
    expect(!scene.settle(unasked).accepted, "an unrequested cancellation not to be accepted");
    expect(!scene.find(follow_up.id), "its follow-up not to be submitted");
}

void are_skipped_where_the_id_is_taken(Scene& scene) {
    const auto taken = scene.submit({.queue = "other"});
    const auto before = scene.job(taken);
    const auto lease = scene.running().lease;
    const auto good = scene.filled();
    scene.accept(Settlement::completed(lease, {}).with_follow_ups(
        {scene.filled({.id = taken, .type = "late"}), good}));
    expect_equal(scene.status(lease.id), JobStatus::completed, "status of the settled job");
    expect_same(scene.job(taken), before, "of the job whose id a follow-up had");
    expect(scene.find(good.id).has_value(), "the other follow-up to be submitted");
}

void are_skipped_where_the_key_is_taken(Scene& scene) {
    const auto holder = scene.submit({.queue = "other", .unique_key = "key"});
    const auto before = scene.job(holder);
    const auto lease = scene.running().lease;
    const auto keyed = scene.filled({.unique_key = "key"});
    const auto good = scene.filled();
    scene.accept(Settlement::completed(lease, {}).with_follow_ups({keyed, good}));
    expect_equal(scene.status(lease.id), JobStatus::completed, "status of the settled job");
    expect_same(scene.job(holder), before, "of the key's holder");
    expect(!scene.find(keyed.id), "the follow-up whose key is taken not to be submitted");
    expect(scene.find(good.id).has_value(), "the other follow-up to be submitted");
}

void may_take_over_the_unique_key(Scene& scene) {
    const auto lease = scene.running({.unique_key = "key"}).lease;
    const auto heir = scene.filled({.unique_key = "key"});
    scene.accept(Settlement::completed(lease, {}).with_follow_ups({heir}));
    expect(scene.find(heir.id).has_value(), "the follow-up to take over the freed key");
}

void may_be_claimed_in_the_same_exchange(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto follow_up = scene.filled();
    const auto settlement = Settlement::completed(lease, {}).with_follow_ups({follow_up});
    const std::vector<std::string> queues = {"default"};
    const auto result = scene.store().exchange({&settlement, 1},
                                               {.worker = "worker", .queues = queues, .limit = 5});
    expect_equal(ids_of(result.claimed), {follow_up.id}, "jobs claimed in the same exchange");
}

} // namespace

Cases follow_up_cases() {
    return {
        {"follow-ups are submitted with the settlement", are_submitted_with_the_settlement},
        {"every kind of settlement may have follow-ups", go_with_every_kind},
        {"follow-ups of a settlement with an old fence are not submitted",
         are_not_submitted_with_an_old_fence},
        {"follow-ups of a repeated settlement are not submitted", are_not_submitted_twice},
        {"follow-ups of an unrequested cancellation are not submitted",
         are_not_submitted_by_an_unasked_cancel},
        {"a follow-up with a taken id is skipped", are_skipped_where_the_id_is_taken},
        {"a follow-up with a taken unique key is skipped", are_skipped_where_the_key_is_taken},
        {"a follow-up may take over the unique key of its job", may_take_over_the_unique_key},
        {"a follow-up may be claimed in the same exchange", may_be_claimed_in_the_same_exchange},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
