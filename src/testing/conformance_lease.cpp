#include "conformance_check.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void is_extended(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    const auto before = scene.job(lease.id);
    const auto result = scene.renew(lease, {}, an_hour);
    expect(result.kept, "the lease to be kept");
    expect(!result.cancel_requested, "no cancel to be requested");
    const auto after = scene.job(lease.id);
    expect(after.lease_expires_at >= *before.lease_expires_at + an_hour,
           "lease_expires_at to be at least an hour later");
    expect_equal(scene.store().rescue(10, many_crashes).size(), 0, "jobs to rescue after that");
    auto unchanged = before;
    unchanged.lease_expires_at = after.lease_expires_at;
    expect_same(after, unchanged, "after a mere renewal");
}

void may_be_shortened(Scene& scene) {
    const auto lease = scene.running().lease;
    expect(scene.renew(lease, {}, no_lease).kept, "the lease to be kept");
    expect_equal(scene.rescue_one().id, lease.id, "id of the job whose lease then expired");
}

void learns_of_a_cancel_request(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().cancel(lease.id, {});
    const auto result = scene.renew(lease);
    expect(result.kept, "the lease to be kept");
    expect(result.cancel_requested, "the cancel request to be returned");
}

void is_lost_with_another_fence(Scene& scene) {
    const auto old = scene.running().lease;
    scene.accept(Settlement::released(old));
    const auto current = scene.claim_one().lease;
    scene.store().cancel(old.id, {});
    const auto before = scene.job(old.id);
    for (const auto fence : {old.fence, current.fence + 1}) {
        const auto result = scene.renew({old.id, fence}, Progress{50, "late"}, an_hour);
        expect(!result.kept, fmt::format("a lease with fence {} to be lost while the job's is {}",
                                         fence, current.fence));
    }
    expect_same(scene.job(old.id), before, "after heartbeats with other fences");
}

void is_lost_when_the_job_is_gone(Scene& scene) {
    expect(!scene.renew({scene.fresh_id(), 1}).kept, "the lease of an unknown job to be lost");
    const auto id = scene.completed();
    expect(!scene.renew({id, scene.job(id).fence}).kept, "the lease of a finished job to be lost");
}

void is_lost_to_a_rescue(Scene& scene) {
    const auto lease = scene.running({}, no_lease).lease;
    scene.rescue_one();
    const auto before = scene.job(lease.id);
    expect(!scene.renew(lease, Progress{50, "late"}).kept, "the lease to be lost");
    expect(!scene.settle(Settlement::completed(lease, {})).accepted,
           "a settlement after the rescue not to be accepted");
    expect_same(scene.job(lease.id), before, "after the late worker's writes");
}

void returns_renewals_in_order(Scene& scene) {
    scene.submit(4);
    const auto claimed = scene.claim(4);
    expect_equal(claimed.size(), 4, "jobs claimed");
    scene.store().cancel(claimed[2].lease.id, {});
    const std::vector<Heartbeat> heartbeats = {{claimed[3].lease, Progress{30, "d"}},
                                               {{claimed[1].lease.id, 0}, Progress{10, "b"}},
                                               {claimed[2].lease, Progress{20, "c"}},
                                               {claimed[0].lease, {}}};
    const auto results = scene.store().renew(heartbeats, long_lease);
    expect_equal(results.size(), 4, "results");
    expect(results[0].kept && !results[0].cancel_requested, "result 0 to be kept");
    expect(!results[1].kept, "result 1, of an old fence, to be lost");
    expect(results[2].kept && results[2].cancel_requested, "result 2 to have a cancel request");
    expect(results[3].kept && !results[3].cancel_requested, "result 3 to be kept");
    expect_equal(scene.job(claimed[3].lease.id).progress, Progress{30, "d"}, "progress of job 3");
    expect_equal(scene.job(claimed[1].lease.id).progress, {}, "progress of job 1");
    expect_equal(scene.job(claimed[2].lease.id).progress, Progress{20, "c"}, "progress of job 2");
    expect_equal(scene.job(claimed[0].lease.id).progress, {}, "progress of job 0");
}

void writes_progress(Scene& scene) {
    const auto lease = scene.running().lease;
    const auto before = scene.job(lease.id);
    scene.renew(lease, Progress{0, "starting"});
    scene.renew(lease, Progress{35, "reading"});
    scene.renew(lease, Progress{35, "still reading"});
    const auto after = scene.job(lease.id);
    expect_equal(after.progress, Progress{35, "still reading"}, "progress");
    expect_equal(after.revision, before.revision + 3, "revision after three changes");
    expect_equal(after.status, JobStatus::processing, "status");
    expect(after.updated_at >= before.updated_at, "updated_at not to go back");
}

void does_not_count_what_is_the_same(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.renew(lease, Progress{35, "reading"});
    const auto before = scene.job(lease.id);
    scene.renew(lease, Progress{35, "reading"});
    expect_equal(scene.job(lease.id).revision, before.revision, "revision");
}

void never_goes_back(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.renew(lease, Progress{60, "reading"});
    expect(scene.renew(lease, Progress{59, "reading"}).kept, "the lease to be kept all the same");
    expect_equal(scene.job(lease.id).progress.percent, 60, "percent");
    scene.renew(lease, Progress{61, "reading"});
    expect_equal(scene.job(lease.id).progress.percent, 61, "percent after it continued");
}

void restarts_with_an_attempt(Scene& scene) {
    const auto first = scene.running().lease;
    scene.renew(first, Progress{60, "reading"});
    scene.accept(Settlement::retried(first, {}, {}));
    const auto second = scene.claim_one().lease;
    expect_equal(scene.job(first.id).progress, {}, "progress of the new attempt");
    scene.renew(second, Progress{5, "again"});
    expect_equal(scene.job(first.id).progress, Progress{5, "again"}, "progress after a report");
}

std::vector<JobId> held_by(Scene& scene, std::string_view worker) {
    auto ids = ids_of(scene.store().leases_of(worker));
    std::sort(ids.begin(), ids.end());
    return ids;
}

void names_what_a_worker_holds(Scene& scene) {
    const auto first = scene.submit({.queue = "a"});
    const auto second = scene.submit({.queue = "b"});
    const auto other = scene.submit({.queue = "c"});
    scene.claim_one("a", long_lease, "w1");
    const auto lease = scene.claim_one("b", no_lease, "w1").lease;
    scene.claim_one("c", long_lease, "w2");
    expect_equal(held_by(scene, "w1"), {first, second}, "jobs that w1 holds");
    expect_equal(held_by(scene, "w2"), {other}, "jobs that w2 holds");
    expect_equal(held_by(scene, "W1"), {}, "jobs that W1 holds");
    scene.accept(Settlement::completed(lease, {}));
    expect_equal(held_by(scene, "w1"), {first}, "jobs that w1 holds after it completed one");
}

void gives_held_jobs_in_full(Scene& scene) {
    const auto claimed = scene.running({.type = "sales_report",
                                        .input = JsonText::parse("[1]"),
                                        .queue = "reports",
                                        .owner = "42",
                                        .max_attempts = 9,
                                        .timeout = an_hour});
    const auto held = scene.store().leases_of("worker");
    expect_equal(held.size(), 1, "jobs held");
    expect_equal(held[0].lease, claimed.lease, "lease");
    expect_equal(held[0].type, claimed.type, "type");
    expect_equal(held[0].queue, claimed.queue, "queue");
    expect_equal(held[0].owner, claimed.owner, "owner");
    expect_equal(held[0].input, claimed.input, "input");
    expect_equal(held[0].attempt, claimed.attempt, "attempt");
    expect_equal(held[0].max_attempts, claimed.max_attempts, "max_attempts");
    expect_equal(held[0].crashes, claimed.crashes, "crashes");
    expect_equal(held[0].timeout, claimed.timeout, "timeout");
    expect_equal(held[0].created_at, claimed.created_at, "created_at");
}

void names_only_the_last_worker(Scene& scene) {
    scene.submit();
    const auto lease = scene.claim_one("default", no_lease, "w1").lease;
    scene.rescue_one();
    expect_equal(held_by(scene, "w1"), {}, "jobs that w1 holds after a rescue");
    scene.claim_one("default", long_lease, "w2");
    expect_equal(held_by(scene, "w1"), {}, "jobs that w1 holds after w2 claimed its job");
    expect_equal(held_by(scene, "w2"), {lease.id}, "jobs that w2 holds");
}

} // namespace

Cases lease_cases() {
    return {
        {"a renewal extends the lease and is no visible change", is_extended},
        {"a renewal counts from now", may_be_shortened},
        {"a renewal returns a cancel request", learns_of_a_cancel_request},
        {"a heartbeat with another fence changes nothing", is_lost_with_another_fence},
        {"a renewal of a finished or unknown job loses the lease", is_lost_when_the_job_is_gone},
        {"a rescued job's old worker changes nothing", is_lost_to_a_rescue},
        {"renewals are returned in the order of the heartbeats", returns_renewals_in_order},
        {"a heartbeat writes progress", writes_progress},
        {"unchanged progress is no visible change", does_not_count_what_is_the_same},
        {"progress never goes back within an attempt", never_goes_back},
        {"progress restarts with each attempt", restarts_with_an_attempt},
        {"leases_of returns the jobs that a worker holds", names_what_a_worker_holds},
        {"leases_of returns what the claim returned", gives_held_jobs_in_full},
        {"leases_of omits jobs that were rescued or claimed by another worker",
         names_only_the_last_worker},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
