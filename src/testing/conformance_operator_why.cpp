#include "conformance_dependency.hpp"
#include "conformance_limit.hpp"
#include "conformance_operator.hpp"

#include <algorithm>
#include <set>

/// What a job waits for, without limits.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void expect_no_reason(const JobWait& wait, std::string_view of) {
    expect(!wait.paused_since && !wait.not_before && !wait.limit && wait.blocked_by == 0 &&
               wait.parents.empty() && wait.before == Count{},
           fmt::format("no reason why {} waits", of));
}

void explains_pending_jobs_only(Scene& scene) {
    const std::vector<JobId> ids = {scene.completed(), scene.failed(), scene.cancelled(),
                                    scene.running({.queue = "other"}).lease.id};
    for (const JobId& id : ids) {
        const auto wait = why(scene, id);
        const auto status = scene.status(id);
        expect_equal(wait.status, status, "status");
        expect_equal(wait.queue, "", "queue of a job that does not wait");
        expect_no_reason(wait, fmt::format("a {} job", to_string(status)));
    }
    expect(!scene.operators().why(scene.fresh_id()), "no explanation of an unknown job");
}

void explains_due_jobs(Scene& scene) {
    scene.submit({.queue = "other"});
    scene.submit({.delay = an_hour});
    const auto ordinary = scene.submit(2);
    const auto urgent = scene.submit({.priority = 50});
    const auto early = scene.submit({.run_at = long_ago});
    const std::vector<JobId> order = {early, urgent, ordinary[0], ordinary[1]};
    for (std::size_t i = 0; i < order.size(); ++i) {
        auto wait = why(scene, order[i]);
        expect_equal(wait.status, JobStatus::pending, "status");
        expect_equal(wait.queue, "default", "queue");
        expect_equal(wait.before, exactly(i), "jobs before it");
        wait.before = {};
        expect_no_reason(wait, "a due job");
    }
    scene.claim(1);
    expect_equal(why(scene, ordinary[0]).before, exactly(1), "jobs before it, after a claim");
}

void explains_scheduled_jobs(Scene& scene) {
    scene.submit({.run_at = long_ago});
    const auto scheduled = scene.submit({.priority = 50, .delay = an_hour});
    const auto running = scene.running({.queue = "other", .max_attempts = 3});
    scene.accept(Settlement::retried(running.lease, {.code = "E", .message = ""}, an_hour));
    for (const JobId& id : {scheduled, running.lease.id}) {
        auto wait = why(scene, id);
        expect_equal(wait.not_before, scene.job(id).run_at, "not_before");
        wait.not_before.reset();
        expect_no_reason(wait, "a scheduled job but its time");
    }
}

void explains_blocked_jobs(Scene& scene) {
    const auto done = scene.completed();
    const auto parents = scene.submit(2, {.queue = "parents"});
    const auto child = scene.submit(
        {.queue = "children", .delay = an_hour, .after = {parents[0], done, parents[1]}});
    promote(scene);
    auto wait = why(scene, child);
    expect_equal(wait.blocked_by, 2, "blocked_by");
    expect_equal(newest_first(wait.parents), newest_first(parents), "parents");
    wait.blocked_by = 0;
    wait.parents.clear();
    expect_no_reason(wait, "a blocked job but its parents");
    for (const ClaimedJob& job : scene.claim(1, {"parents"}))
        scene.accept(Settlement::completed(job.lease, {}));
    promote(scene);
    wait = why(scene, child);
    expect_equal(wait.blocked_by, 1, "blocked_by, after one has finished");
    expect_equal(wait.parents, {parents[1]}, "parents, after one has finished");
    for (const ClaimedJob& job : scene.claim(1, {"parents"}))
        scene.accept(Settlement::completed(job.lease, {}));
    promote(scene);
    wait = why(scene, child);
    expect_equal(wait.blocked_by, 0, "blocked_by, after all have finished");
    expect_equal(wait.not_before, scene.job(child).run_at, "not_before of an unblocked child");
}

void explains_restarted_children(Scene& scene) {
    const auto parent = scene.submit({.queue = "parents"});
    const auto child = child_of(scene, {parent});
    scene.store().cancel(child, {});
    scene.store().retry(child);
    expect_no_reason(why(scene, child), "a child that was cancelled and retried");
}

void lists_some_parents(Scene& scene) {
    const auto parents = scene.submit(JobWait::most_jobs + 3, {.queue = "parents"});
    const auto wait = why(scene, child_of(scene, parents));
    expect_equal(wait.blocked_by, parents.size(), "blocked_by");
    expect_equal(wait.parents.size(), JobWait::most_jobs, "parents in the list");
    const std::set<JobId> different(wait.parents.begin(), wait.parents.end());
    expect_equal(different.size(), JobWait::most_jobs, "different parents in the list");
    for (const JobId& id : different)
        expect(std::ranges::find(parents, id) != parents.end(), "each to be a parent");
}

void explains_jobs_of_paused_queues(Scene& scene) {
    const auto first = scene.submit(), due = scene.submit();
    const auto scheduled = scene.submit({.delay = an_hour});
    const auto other = scene.submit({.queue = "other"});
    scene.store().set_paused("default", true);
    const auto since = queue_of(scene, "default").paused_since;
    expect(since.has_value(), "paused_since of the queue to be set");
    expect_equal(why(scene, due).paused_since, since, "paused_since of a due job");
    expect_equal(why(scene, due).before, exactly(1), "jobs before a due job");
    expect_equal(why(scene, scheduled).paused_since, since, "paused_since of a scheduled job");
    expect_equal(why(scene, scheduled).not_before, scene.job(scheduled).run_at,
                 "not_before of a scheduled job");
    expect_no_reason(why(scene, other), "a job of another queue");
    scene.store().set_paused("default", false);
    expect_no_reason(why(scene, first), "a job of a queue that was resumed");
}

} // namespace

Cases operator_why_cases() {
    return {
        {"only a pending job waits for something", explains_pending_jobs_only},
        {"a due job waits for the due jobs before it", explains_due_jobs},
        {"a scheduled job waits for its time", explains_scheduled_jobs},
        {"a blocked job waits for its parents", explains_blocked_jobs, {.dependencies = true}},
        {"a child that was cancelled and retried does not wait for its parents",
         explains_restarted_children,
         {.dependencies = true}},
        {"a job with many parents shows some of them", lists_some_parents, {.dependencies = true}},
        {"a job of a paused queue waits for it as well",
         explains_jobs_of_paused_queues,
         {.queue_control = true}},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
