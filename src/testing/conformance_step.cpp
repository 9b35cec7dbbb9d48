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
    expect_equal(scene.store().leases_of("worker").front().steps, expected, "steps of leased jobs");
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
                 "steps of a restarted job");
}

/// More than a database may accept in one statement or store in one value.
void add_up_to_more_than_one_value(Scene& scene) {
    const auto lease = scene.running().lease;
    std::vector<Step> expected;
    for (int i = 0; i < 40; ++i)
        expected.push_back({fmt::format("part-{}", 40 - i),
                            JsonText::parse(fmt::format(
                                "\"{}{}\"", i, std::string(i % 4 == 0 ? 100'000 : 10, 'x')))});
    std::vector<Heartbeat> heartbeats;
    for (const Step& step : expected) {
        heartbeats.push_back({.lease = lease, .step = step});
        if (heartbeats.size() < 5) continue;
        for (const Renewal& one : scene.store().renew(heartbeats, long_lease))
            expect(one.kept, "the lease to be kept");
        heartbeats.clear();
    }
    expect(scene.job(lease.id).steps == expected, "all steps, in their order");
    expect(scene.store().leases_of("worker").front().steps == expected,
           "all steps of the leased job");
    scene.accept(Settlement::released(lease));
    expect(scene.claim_one().steps == expected, "all steps of the next attempt");
}

void belong_to_their_job(Scene& scene) {
    const auto first = scene.running().lease, second = scene.running().lease,
               third = scene.running().lease;
    const Heartbeat heartbeats[] = {
        {.lease = third, .step = Step{"read", JsonText::parse("3")}},
        {.lease = first, .step = Step{"read", JsonText::parse("1")}},
        {.lease = third, .step = Step{"add", JsonText::parse("33")}},
    };
    scene.store().renew(heartbeats, long_lease);
    const std::vector<Step> of_first = {{"read", JsonText::parse("1")}},
                            of_third = {{"read", JsonText::parse("3")},
                                        {"add", JsonText::parse("33")}};
    const auto check = [&](const auto& jobs, const auto id_of, std::string_view of_what) {
        expect_equal(jobs.size(), 3, of_what);
        for (const auto& job : jobs) {
            const JobId& id = id_of(job);
            expect_equal(job.steps,
                         id == first.id   ? of_first
                         : id == third.id ? of_third
                                          : std::vector<Step>(),
                         of_what);
        }
    };
    const auto id_of_lease = [](const ClaimedJob& job) -> const JobId& { return job.lease.id; };
    check(
        scene.store().list({}).jobs, [](const Job& job) -> const JobId& { return job.id; },
        "steps of a page");
    check(scene.store().leases_of("worker"), id_of_lease, "steps of leased jobs");
    const JobId asked[] = {third.id, second.id, third.id, first.id};
    const auto found = scene.store().find(asked);
    expect_equal(found[0]->steps, of_third, "steps of the first requested job");
    expect_equal(found[1]->steps, {}, "steps of a job without any");
    expect_equal(found[2]->steps, of_third, "steps of a job requested twice");
    for (const auto& lease : {first, second, third}) scene.accept(Settlement::released(lease));
    check(scene.claim(5), id_of_lease, "steps of the next attempts");
}

void are_handed_over_under_a_limit(Scene& scene) {
    scene.store().set_limit({.name = "few", .queue = "default", .concurrency = 1});
    const auto lease = scene.running().lease;
    record(scene, lease, "read", "1");
    scene.accept(Settlement::released(lease));
    expect_equal(scene.claim_one().steps, {{"read", JsonText::parse("1")}}, "steps");
}

/// A resubmitted job with the same id has none.
void go_with_their_job(Scene& scene, const std::function<void(const JobId&)>& remove) {
    const auto lease = scene.running({.retention = Duration::zero()}).lease;
    record(scene, lease, "read", "1");
    scene.accept(Settlement::completed(lease, {}));
    remove(lease.id);
    expect(!scene.find(lease.id), "the job not to exist");
    const auto again = scene.running({.id = lease.id}).lease;
    expect_equal(scene.job(lease.id).steps, {}, "steps");
    record(scene, again, "read", "2");
    expect_equal(scene.job(lease.id).steps, {{"read", JsonText::parse("2")}}, "steps");
}

void go_with_a_job_that_is_removed(Scene& scene) {
    go_with_their_job(scene, [&](const JobId& id) { scene.store().remove(id); });
}

void go_with_a_job_that_retention_deletes(Scene& scene) {
    go_with_their_job(
        scene, [&](const JobId&) { expect_equal(scene.store().purge(10), 1, "jobs purged"); });
}

} // namespace

Cases step_cases() {
    return {
        {"steps are handed to the next attempt, byte for byte", are_handed_to_the_next_attempt},
        {"a step with an old fence is not recorded", come_with_an_old_fence_in_vain},
        {"a repeated step is recorded once", count_once_when_they_come_again},
        {"a heartbeat records progress and a step", come_with_progress},
        {"steps outlive a crash and an operator's retry", outlive_a_crash_and_an_operators_retry},
        {"steps are kept up to any total size", add_up_to_more_than_one_value},
        {"every read of a job returns its own steps", belong_to_their_job},
        {"steps are handed over under a limit", are_handed_over_under_a_limit, {.limits = true}},
        {"removing a job deletes its steps", go_with_a_job_that_is_removed},
        {"purging a job deletes its steps", go_with_a_job_that_retention_deletes}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
