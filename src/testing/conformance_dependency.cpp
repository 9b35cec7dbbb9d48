#include "conformance_dependency.hpp"

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void waits_for_its_parent(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto child = child_of(scene, {parent.id});
    const auto blocked = scene.job(child);
    expect_equal(blocked.status, JobStatus::pending, "status");
    expect_equal(blocked.parents, 1, "parents");
    expect_equal(blocked.blocked_by, 1, "blocked_by");
    expect_equal(blocked.run_at, blocked.created_at, "run_at");
    expect_equal(promote(scene).size(), 0, "jobs unblocked by a running parent");
    expect_equal(claimable(scene), 0, "jobs claimed while the parent runs");
    expect_equal(scene.store().workload("children", "test").waiting, 0, "due jobs");

    const auto settlement = Settlement::completed(parent, JsonText());
    expect(scene.store().exchange({&settlement, 1}, {}).needs_promotion,
           "needs_promotion after the end of a parent");
    expect_equal(claimable(scene), 0, "jobs claimed before they are unblocked");
    const auto unblocked = promote(scene);
    expect_equal(unblocked.size(), 1, "jobs unblocked");
    expect_equal(unblocked[0].id, child, "id");
    expect_equal(unblocked[0].queue, "children", "queue");
    expect_equal(unblocked[0].status, JobStatus::pending, "status");
    expect_equal(unblocked[0].blocked_by, 0, "blocked_by");
    const auto free = scene.job(child);
    auto expected = blocked;
    expected.blocked_by = 0;
    expected.run_at = expected.updated_at = free.run_at;
    ++expected.revision;
    expected.progress = {};
    expect_same(free, expected, "of an unblocked job");
    expect_equal(claimable(scene), 1, "jobs claimed after the parent completed");
    expect_equal(promote(scene).size(), 0, "jobs unblocked a second time");
}

void needs_no_unblock_without_children(Scene& scene) {
    const auto settlement = Settlement::completed(scene.running().lease, JsonText());
    expect(!scene.store().exchange({&settlement, 1}, {}).needs_promotion,
           "no needs_promotion after the end of a job without dependents");
}

void waits_for_all_of_its_parents(Scene& scene) {
    std::vector<LeaseRef> parents;
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(parents.emplace_back(scene.running().lease).id);
    const auto child = child_of(scene, ids);
    for (int done = 1; done <= 4; ++done) {
        scene.accept(
            Settlement::completed(parents[static_cast<std::size_t>(done - 1)], JsonText()));
        promote(scene);
        const auto job = scene.job(child);
        expect_equal(job.blocked_by, 4 - done, "blocked_by");
        expect_equal(job.progress.percent, done < 4 ? 25 * done : 0, "progress of a blocked job");
        expect_equal(claimable(scene), done < 4 ? 0 : 1, "jobs claimed");
    }
}

void counts_many_parents_at_once(Scene& scene) {
    constexpr std::size_t count = 1500;
    const auto parents = scene.submit(count);
    const auto child = child_of(scene, parents);
    const auto leases = scene.claim(count);
    std::vector<Settlement> settlements;
    for (const auto& job : leases)
        settlements.push_back(Settlement::completed(job.lease, JsonText()));
    scene.store().settle(std::span(settlements).first(count - 1));
    promote(scene);
    expect_equal(scene.job(child).blocked_by, 1, "blocked_by");
    scene.store().settle(std::span(settlements).last(1));
    promote(scene);
    expect_equal(claimable(scene), 1, "jobs claimed");
}

void unblocks_many_children(Scene& scene) {
    const auto parent = scene.running().lease;
    std::vector<NewJob> jobs;
    for (int i = 0; i < 1500; ++i)
        jobs.push_back(scene.filled({.queue = "children", .after = {parent.id}}));
    scene.store().submit(jobs);
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(promote(scene).size(), jobs.size(), "jobs unblocked");
    expect_equal(scene.claim(2000, {"children"}).size(), jobs.size(), "jobs claimed");
}

void keeps_its_own_time(Scene& scene) {
    const auto parent = scene.running().lease;
    const auto job = scene.filled({.queue = "children", .run_at = far_ahead, .after = {parent.id}});
    scene.store().submit({&job, 1});
    expect_equal(scene.job(job.id).run_at, far_ahead, "run_at of a blocked job");
    scene.accept(Settlement::completed(parent, JsonText()));
    promote(scene);
    expect_equal(scene.job(job.id).run_at, far_ahead, "run_at of an unblocked job");
    expect_equal(claimable(scene), 0, "jobs claimed before their time");
}

void is_not_forgotten_by_retention(Scene& scene) {
    const auto parent = scene.running({.retention = Duration{0}}).lease;
    const auto child = child_of(scene, {parent.id});
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(scene.store().purge(10), 0, "jobs purged before their children were unblocked");
    promote(scene);
    expect_equal(scene.store().purge(10), 1, "jobs purged afterwards");
    expect_equal(ids_of(scene.claim(10, {"children"})), {child}, "jobs claimed");

    const auto removed = scene.completed();
    child_of(scene, {removed});
    expect_equal(scene.store().remove(removed), RemoveOutcome::removed, "remove");
    expect_equal(claimable(scene), 1, "jobs claimed after their parent was removed");
}

/// With a finished parent whose only child was removed.
void a_child_that_is_gone_keeps_no_parent(Scene& scene) {
    const auto parent = scene.running({.retention = Duration{0}}).lease;
    const auto child = child_of(scene, {parent.id});
    scene.store().cancel(child, {});
    scene.accept(Settlement::completed(parent, JsonText()));
    expect_equal(scene.store().remove(child), RemoveOutcome::removed, "remove");
    expect_equal(promote(scene).size(), 0, "jobs unblocked");
    expect_equal(scene.store().purge(10), 1, "jobs purged");
}

void lists_the_parents(Scene& scene) {
    const auto first = scene.completed(), second = scene.submit();
    const auto child = child_of(scene, {first, second});
    scene.submit();
    auto page = scene.store().list({.needed_by = child});
    expect_equal(ids_of(page.jobs), {second, first}, "parents, newest first");
    expect_equal(page.jobs[1].result, JsonText::parse(R"({"done":true})"), "a parent's result");
    page = scene.store().list({.needed_by = child, .limit = 1});
    expect(page.more, "more than a page");
    page = scene.store().list(
        {.status = JobStatus::completed, .needed_by = child, .before = page.jobs[0].id});
    expect_equal(ids_of(page.jobs), {first}, "completed parents on the next page");
    expect_equal(scene.store().list({.needed_by = second}).jobs.size(), 0,
                 "parents of a job without any");
}

void counts_right_with_many_at_once(Scene& scene) {
    constexpr std::size_t threads = 4, each = 50;
    const auto parents = scene.submit(threads * each);
    const auto child = child_of(scene, parents);
    std::vector<std::unique_ptr<JobStore>> stores;
    for (std::size_t i = 0; i < threads; ++i) stores.push_back(scene.open());
    race(threads, [&](std::size_t i) {
        auto& store = *stores[i];
        const std::string worker = fmt::format("worker {}", i);
        const std::vector<std::string> queues = {"default"};
        for (;;) {
            const auto claimed = with_retries([&] {
                                     return store.claim({worker, queues, 5, long_lease});
                                 }).claimed;
            if (claimed.empty()) return;
            std::vector<Settlement> ends;
            for (const auto& job : claimed)
                ends.push_back(Settlement::completed(job.lease, JsonText()));
            with_retries([&] { return store.settle(ends); });
            with_retries([&] { return store.promote(10); });
        }
    });
    promote(scene);
    expect_equal(scene.job(child).blocked_by, 0, "blocked_by");
    expect_equal(scene.job(child).parents, static_cast<int>(parents.size()), "parents");
    expect_equal(claimable(scene), 1, "jobs claimed");
}

} // namespace

Cases dependency_cases() {
    return {
        {"a job is due when its parent has completed", waits_for_its_parent},
        {"the end of a job without dependents does not request promote()",
         needs_no_unblock_without_children},
        {"a job waits for all of its parents and shows their progress",
         waits_for_all_of_its_parents},
        {"a job may have more than a thousand parents", counts_many_parents_at_once},
        {"a job may have more than a thousand children", unblocks_many_children},
        {"an unblocked job still waits for its run_at", keeps_its_own_time},
        {"a finished parent stays until its children are unblocked", is_not_forgotten_by_retention},
        {"a removed child does not keep a finished parent", a_child_that_is_gone_keeps_no_parent},
        {"list returns a job's parents", lists_the_parents},
        {"parents that finish concurrently in several processes are counted once each",
         counts_right_with_many_at_once},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
