#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr auto forced = [](std::string reason) {
    return Cancellation{.reason = std::move(reason), .force = true};
};

void keeps_the_reason(Scene& scene) {
    auto& store = scene.store();
    const auto pending = scene.submit();
    store.cancel(pending, {.reason = "not needed: \xC3\xBC \"'"});
    expect_equal(scene.job(pending).cancel_reason, "not needed: \xC3\xBC \"'", "cancel_reason");
    const auto lease = scene.running().lease;
    store.cancel(lease.id, {.reason = "first"});
    store.cancel(lease.id, {.reason = "second"});
    scene.accept(Settlement::cancelled(lease));
    expect_equal(scene.job(lease.id).cancel_reason, "first", "cancel_reason");
}

void force_ends_it_at_once(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    expect_equal(scene.store().cancel(lease.id, forced("now")), CancelOutcome::cancelled,
                 "a forced cancel of a processing job");
    const auto job = scene.job(lease.id);
    auto expected = before;
    expected.status = JobStatus::cancelled;
    expected.cancel_reason = "now";
    expected.cancel_requested_at = expected.finished_at = job.finished_at;
    expected.updated_at = job.finished_at.value_or(long_ago);
    expected.expires_at = expected.updated_at + before.retention;
    expected.lease_expires_at.reset();
    ++expected.revision;
    expect_same(job, expected, "after a forced cancel");
}

void force_fences_the_handler_out(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, forced("now"));
    const auto before = scene.job(lease.id);
    expect(!scene.renew(lease, Progress{.percent = 50}).kept, "the lease to be lost");
    for (const auto& late : {Settlement::completed(lease, JsonText()),
                             Settlement::failed(lease, {}), Settlement::retried(lease, {}, an_hour),
                             Settlement::released(lease), Settlement::cancelled(lease)})
        expect(!scene.settle(late).accepted, "a late settlement to be refused");
    expect_same(scene.job(lease.id), before, "after the handler's late writes");
    expect_equal(scene.store().rescue(10, many_crashes).size(), 0, "jobs rescued");
}

void force_after_a_request_keeps_its_own_reason(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {.reason = "please"});
    const auto requested = scene.job(lease.id);
    scene.store().cancel(lease.id, forced("now"));
    const auto job = scene.job(lease.id);
    expect_equal(job.cancel_reason, "now", "cancel_reason");
    expect_equal(job.cancel_requested_at, requested.cancel_requested_at, "cancel_requested_at");
}

void force_changes_no_finished_job(Scene& scene) {
    const auto id = scene.completed();
    const auto before = scene.job(id);
    expect_equal(scene.store().cancel(id, forced("now")), CancelOutcome::already_finished,
                 "a forced cancel of a completed job");
    expect_same(scene.job(id), before, "after the refused cancel");
}

void retry_forgets_the_reason(Scene& scene) {
    const auto id = scene.submit();
    scene.store().cancel(id, {.reason = "no"});
    scene.store().retry(id);
    expect_equal(scene.job(id).cancel_reason, "", "cancel_reason of a restarted job");
}

void check_returns_what_renew_would(Scene& scene) {
    const auto kept = scene.running().lease;
    const auto asked = scene.running().lease;
    const auto lost = scene.running().lease;
    scene.store().cancel(asked.id, {});
    scene.store().cancel(lost.id, forced(""));
    const std::vector<LeaseRef> leases = {
        lost, kept, {kept.id, kept.fence + 1}, asked, {scene.fresh_id(), 1}};
    const auto before = scene.job(kept.id);
    const auto results = scene.store().check_leases(leases);
    expect_equal(results.size(), leases.size(), "results");
    const auto expect_result = [&](std::size_t i, bool is_kept, bool is_asked,
                                   std::string_view what) {
        expect_equal(results[i].kept, is_kept, fmt::format("whether {} is kept", what));
        expect_equal(results[i].cancel_requested, is_asked,
                     fmt::format("whether {} is asked to stop", what));
    };
    expect_result(0, false, false, "the lease of a cancelled job");
    expect_result(1, true, false, "a lease");
    expect_result(2, false, false, "another fence's lease");
    expect_result(3, true, true, "the lease of a job whose cancel was requested");
    expect_result(4, false, false, "the lease on an unknown job");
    expect_same(scene.job(kept.id), before, "after a check");
    expect_equal(scene.store().check_leases({}).size(), 0, "results of a check of no lease");
}

} // namespace

Cases cancel_cases() {
    return {{"a cancellation keeps the reason of its first request", keeps_the_reason},
            {"a forced cancellation ends a processing job at once", force_ends_it_at_once},
            {"a forced cancellation fences off the handler", force_fences_the_handler_out},
            {"a forced cancellation after a request replaces its reason",
             force_after_a_request_keeps_its_own_reason},
            {"a forced cancellation does not change a finished job", force_changes_no_finished_job},
            {"a restarted job has no cancel reason", retry_forgets_the_reason},
            {"a check returns what a renewal would and writes nothing",
             check_returns_what_renew_would}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
