#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

Renewal record(Scene& scene, const LeaseRef& lease, std::string name, std::string result) {
    const Heartbeat heartbeat{.lease = lease,
                              .step = Step{std::move(name), JsonText::parse(std::move(result))}};
    return scene.store().renew({&heartbeat, 1}, long_lease).front();
}

void are_handed_to_the_next_attempt(Scene& scene) {
    const auto first = scene.running();
    expect_equal(first.steps.size(), 0, "steps of a first attempt");
    expect(record(scene, first.lease, "read", R"({"rows": 12})").kept, "the lease to be kept");
    expect(record(scene, first.lease, "upload", "\"a\\\"b\\u00fc\"").kept, "the lease to be kept");
    const std::vector<Step> expected = {{"read", JsonText::parse(R"({"rows": 12})")},
                                        {"upload", JsonText::parse("\"a\\\"b\\u00fc\"")}};
    expect_equal(scene.job(first.lease.id).steps, expected, "steps");
    scene.accept(Settlement::retried(first.lease, {}, Duration::zero()));
    expect_equal(scene.claim_one().steps, expected, "steps of the second attempt");
    expect_equal(scene.store().held("worker").front().steps, expected, "steps of what is held");
}

void come_with_an_old_fence_in_vain(Scene& scene) {
    const auto first = scene.running();
    scene.accept(Settlement::released(first.lease));
    const auto second = scene.claim_one();
    expect(!record(scene, first.lease, "read", "1").kept, "the old lease to be lost");
    expect_equal(scene.job(second.lease.id).steps.size(), 0, "steps");
}

void count_once_when_they_come_again(Scene& scene) {
    const auto lease = scene.running().lease;
    record(scene, lease, "read", "1");
    record(scene, lease, "read", "1");
    expect_equal(scene.job(lease.id).steps, {{"read", JsonText::parse("1")}}, "steps");
}

void come_with_progress(Scene& scene) {
    const auto lease = scene.running().lease;
    const Heartbeat heartbeat{
        .lease = lease, .progress = Progress{30, "half"}, .step = Step{"read", JsonText()}};
    scene.store().renew({&heartbeat, 1}, long_lease);
    const auto job = scene.job(lease.id);
    expect_equal(job.progress, {30, "half"}, "progress");
    expect_equal(job.steps, {{"read", JsonText()}}, "steps");
}

void outlive_a_crash_and_an_operators_retry(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    const Heartbeat heartbeat{.lease = lease, .step = Step{"read", JsonText::parse("7")}};
    scene.store().renew({&heartbeat, 1}, no_lease);
    scene.rescue_one();
    const auto again = scene.claim_one();
    expect_equal(again.steps, {{"read", JsonText::parse("7")}}, "steps after a crash");
    scene.accept(Settlement::failed(again.lease, {}));
    scene.store().retry(lease.id);
    expect_equal(scene.claim_one().steps, {{"read", JsonText::parse("7")}},
                 "steps of a job that starts anew");
}

} // namespace

Cases step_cases() {
    return {
        {"steps are handed to the next attempt, byte for byte", are_handed_to_the_next_attempt},
        {"a step that comes with an old fence is not kept", come_with_an_old_fence_in_vain},
        {"a step that comes twice counts once", count_once_when_they_come_again},
        {"a heartbeat brings progress and a step", come_with_progress},
        {"steps outlive a crash and an operator's retry", outlive_a_crash_and_an_operators_retry}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
