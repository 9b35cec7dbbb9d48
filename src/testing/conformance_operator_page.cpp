#include "conformance_dependency.hpp"
#include "conformance_limit.hpp"
#include "conformance_operator.hpp"

#include <algorithm>
#include <set>

/// The order of a search, and how it continues.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

const JobSearch pending_jobs = {.statuses = {JobStatus::pending}};

/// Jobs of two queues, in the order in which they will be claimed.
std::vector<JobId> queued(Scene& scene, std::size_t each) {
    std::vector<JobId> order;
    for (const char* queue : {"Z", "a"}) {
        const auto later = scene.submit(each, {.queue = queue, .delay = an_hour});
        const auto now = scene.submit(each, {.queue = queue});
        const auto urgent = scene.submit(each, {.queue = queue, .priority = 50});
        const auto early = scene.submit(each, {.queue = queue, .run_at = long_ago});
        for (const auto& some : {early, urgent, now, later})
            order.insert(order.end(), some.begin(), some.end());
    }
    return order;
}

void returns_pending_jobs_as_claimed(Scene& scene) {
    const auto order = queued(scene, 2);
    expect_equal(found_by(scene, pending_jobs), order, "pending jobs");
    auto of_queue = pending_jobs;
    of_queue.queue = "a";
    expect_equal(found_by(scene, of_queue), {order.begin() + 8, order.end()},
                 "pending jobs of a queue");
    std::vector<JobId> claimed;
    for (const char* queue : {"Z", "a"})
        for (const ClaimedJob& job : scene.claim(6, {queue})) claimed.push_back(job.lease.id);
    std::vector<JobId> due(order.begin(), order.begin() + 6);
    due.insert(due.end(), order.begin() + 8, order.begin() + 14);
    expect_equal(claimed, due, "jobs claimed");
}

void returns_others_newest_first(Scene& scene) {
    scene.submit({.priority = 50});
    for (int i = 0; i < 3; ++i) scene.submit({.owner = "ann", .run_at = long_ago + i * an_hour});
    const auto ids = ids_of(scene.store().list({}).jobs);
    expect_equal(found_by(scene, {}), ids, "jobs");
    expect_equal(found_by(scene, {.statuses = {JobStatus::pending}, .owner = "ann"}),
                 {ids.begin(), ids.end() - 1}, "pending jobs of an owner");
    scene.claim(10);
    expect_equal(found_by(scene, {.statuses = {JobStatus::processing}}), ids, "processing jobs");
}

void returns_blocked_jobs_last(Scene& scene) {
    const auto parent = scene.submit({.queue = "other"});
    const auto blocked = scene.submit(2, {.priority = 100, .after = {parent}});
    const auto later = scene.submit({.delay = an_hour});
    const auto due = scene.submit();
    expect_equal(found_by(scene, {.statuses = {JobStatus::pending}, .queue = "default"}),
                 {due, later, blocked[0], blocked[1]}, "pending jobs");
}

void returns_throttled_jobs_last(Scene& scene) {
    scene.store().set_limit({.name = "one", .type = "slow", .concurrency = 1});
    const auto slow = scene.submit(3, {.type = "slow", .run_at = long_ago});
    const auto running = claimed_ids(scene, 10);
    expect_equal(running, {slow[0]}, "jobs claimed");
    const auto later = scene.submit({.delay = an_hour});
    const auto due = scene.submit();
    expect_equal(found_by(scene, pending_jobs), {due, later, slow[1], slow[2]}, "pending jobs");
}

void continues(Scene& scene) {
    const auto order = queued(scene, 2);
    const auto newest = newest_first(order);
    for (const std::size_t limit : {std::size_t{1}, std::size_t{3}, JobSearch::max_limit})
        for (const std::size_t looks : {std::size_t{1}, std::size_t{4}, JobSearch::max_looks}) {
            const auto pages = fmt::format("jobs in pages of {} that look at {}", limit, looks);
            auto search = pending_jobs;
            search.limit = limit;
            search.looks = looks;
            expect_equal(pages_of(scene, search, order.size()), order, "pending " + pages);
            search.statuses.clear();
            expect_equal(pages_of(scene, search, order.size()), newest, pages);
            search.owner = "";
            expect_equal(pages_of(scene, search, order.size()), newest, pages + ", of an owner");
        }
}

void continues_for(Scene& scene, JobSearch search, std::size_t jobs,
                   const std::vector<JobId>& expected, std::string_view what) {
    for (const std::size_t limit : {1U, 2U})
        for (const std::size_t looks : {1U, 2U, 100U}) {
            search.limit = limit;
            search.looks = looks;
            expect_equal(pages_of(scene, search, jobs), expected,
                         fmt::format("{} in pages of {} that look at {}", what, limit, looks));
        }
}

void continues_with_conditions(Scene& scene) {
    std::vector<JobId> failed, owned;
    for (int i = 0; i < 4; ++i) {
        scene.submit({.queue = "own", .owner = "bob"});
        failed.push_back(scene.failed());
        owned.push_back(scene.submit({.type = "mail", .queue = "own", .owner = "ann"}));
    }
    const auto run = scene.submit(4, {.queue = "run"});
    scene.claim(10, {"run"});
    const std::size_t jobs = scene.store().list({}).jobs.size();
    continues_for(scene, {.statuses = {JobStatus::failed}}, jobs, newest_first(failed), "failed");
    continues_for(scene, {.error_code = "E1"}, jobs, newest_first(failed), "jobs of an error");
    continues_for(scene, {.type = "mail"}, jobs, newest_first(owned), "jobs of a type");
    continues_for(scene, {.statuses = {JobStatus::pending}, .type = "mail"}, jobs, owned,
                  "pending jobs of a type");
    continues_for(scene, {.statuses = {JobStatus::processing}}, jobs, newest_first(run),
                  "processing jobs");
    continues_for(
        scene, {.statuses = {JobStatus::failed, JobStatus::processing}, .worker = "worker"}, jobs,
        newest_first({run[0], run[1], run[2], run[3], failed[0], failed[1], failed[2], failed[3]}),
        "jobs of a worker");
}

void continues_with_relatives(Scene& scene) {
    const auto parents = scene.submit(4, {.queue = "parents"});
    std::vector<JobId> children;
    for (int i = 0; i < 4; ++i) children.push_back(child_of(scene, parents));
    continues_for(scene, {.parents_of = children[2]}, 8, newest_first(parents), "parents");
    continues_for(scene, {.children_of = parents[1]}, 8, newest_first(children), "children");
}

/// A page continues after the last job that was looked at, whatever becomes of that.
void continues_while_jobs_change(Scene& scene, JobSearch search) {
    search.limit = 2;
    search.looks = 3;
    std::vector<JobId> stay;
    std::set<JobId> others;
    for (int i = 0; i < 10; ++i) {
        stay.push_back(scene.submit());
        others.insert(scene.submit());
    }
    const auto newest = order_of(search) == SearchOrder::newest;
    const auto expected = newest ? newest_first(stay) : stay;
    std::vector<JobId> visited;
    std::set<JobId> seen;
    for (int pages = 0; pages < 100; ++pages) {
        const auto page = scene.operators().search(search);
        for (const Job& job : page.jobs) {
            expect(seen.insert(job.id).second, "no job to be found twice");
            if (std::ranges::find(stay, job.id) != stay.end()) visited.push_back(job.id);
        }
        if (!page.next) break;
        search.after = page.next;
        if (!page.jobs.empty() && others.contains(page.jobs.back().id)) {
            scene.store().cancel(page.jobs.back().id, {});
            scene.store().remove(page.jobs.back().id);
            others.erase(page.jobs.back().id);
        }
        if (!others.empty()) {
            const auto gone = newest ? others.begin() : std::prev(others.end());
            scene.store().cancel(*gone, {});
            scene.store().remove(*gone);
            others.erase(gone);
        }
        scene.submit({.run_at = long_ago});
    }
    expect_equal(visited, expected, "jobs that stay");
}

void continues_while_all_jobs_change(Scene& scene) { continues_while_jobs_change(scene, {}); }
void continues_while_pending_jobs_change(Scene& scene) {
    continues_while_jobs_change(scene, pending_jobs);
}

/// One that matches is behind many that do not.
void continues_without_matches(Scene& scene) {
    const auto rare = scene.submit({.type = "rare", .run_at = far_ahead});
    scene.submit(30);
    for (const auto& statuses : {std::vector<JobStatus>(), pending_jobs.statuses})
        expect_equal(pages_of(scene, {.statuses = statuses, .type = "rare", .looks = 4}, 31),
                     {rare}, "the job found");
}

void reads_the_present(Scene& scene) {
    const auto ids = scene.submit(3);
    const auto other = scene.open();
    expect_equal(ids_of(other->operators()->search(pending_jobs).jobs), ids,
                 "pending jobs, through another object");
    scene.claim(1);
    expect_equal(ids_of(other->operators()->search(pending_jobs).jobs), {ids[1], ids[2]},
                 "pending jobs, after a claim");
    scene.store().cancel(ids[1], {});
    expect_equal(ids_of(other->operators()->search({.statuses = {JobStatus::cancelled}}).jobs),
                 {ids[1]}, "cancelled jobs, after a cancel");
}

void looks_at_no_more_in_all_queues(Scene& scene) {
    for (const auto& [queue, jobs] : {std::pair{"a", 1}, {"b", 2}, {"c", 3}})
        for (int i = 0; i < jobs; ++i) scene.submit({.queue = queue});
    const JobSearch search{.statuses = {JobStatus::pending}, .looks = 4};
    const auto page = scene.operators().search(search);
    expect(page.jobs.size() <= 4, "no more jobs in a page than it looks at");
    expect(page.next.has_value(), "a next page");
    expect_equal(pages_of(scene, search, 6).size(), 6, "jobs of all pages");
}

} // namespace

Cases operator_page_cases() {
    return {
        {"a search returns pending jobs in the order of claims", returns_pending_jobs_as_claimed},
        {"a search returns other jobs newest first", returns_others_newest_first},
        {"a search returns blocked jobs at the end of their queue",
         returns_blocked_jobs_last,
         {.dependencies = true}},
        {"a search returns throttled jobs at the end of their queue",
         returns_throttled_jobs_last,
         {.limits = true}},
        {"pages of any length visit each job once, in order", continues},
        {"pages of a search with conditions visit each match once", continues_with_conditions},
        {"pages of parents and of children visit each one once",
         continues_with_relatives,
         {.dependencies = true}},
        {"pages visit each job once while jobs come and go", continues_while_all_jobs_change},
        {"pages in the order of claims visit each job once while jobs come and go",
         continues_while_pending_jobs_change},
        {"a search over all queues looks at no more jobs than it may",
         looks_at_no_more_in_all_queues},
        {"a search continues behind jobs that do not match", continues_without_matches},
        {"a search finds jobs as they are now", reads_the_present},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
