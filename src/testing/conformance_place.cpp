#include "conformance_limit.hpp"

#include <initializer_list>

/// The place in its queue of a job that was claimed and did not run.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr Duration a_minute = std::chrono::minutes{1};

/// Due at intervals of an hour, long ago.
std::vector<JobId> submit_by_the_hour(Scene& scene, int count) {
    std::vector<JobId> ids;
    for (int i = 0; i < count; ++i) ids.push_back(scene.submit({.run_at = long_ago + i * an_hour}));
    return ids;
}

std::vector<JobId> pick(const std::vector<JobId>& ids, std::initializer_list<std::size_t> which) {
    std::vector<JobId> picked;
    for (const std::size_t i : which) picked.push_back(ids.at(i));
    return picked;
}

void release_job(Scene& scene, const JobId& id) {
    const auto before = scene.job(id);
    scene.accept(Settlement::released({id, before.fence}));
    const auto job = scene.job(id);
    expect_equal(job.status, JobStatus::pending, "status of a released job");
    expect_equal(job.run_at, before.run_at, "run_at of a released job");
}

std::vector<JobId> claim_and_lose(Scene& scene, std::size_t limit, bool ahead) {
    const std::vector<std::string> queues = {"default"};
    const auto claimed = scene.store().claim({.worker = "lost",
                                              .queues = queues,
                                              .limit = limit,
                                              .lease_for = no_lease,
                                              .ahead = ahead});
    expect_equal(scene.store().rescue(100, many_crashes).size(), claimed.claimed.size(),
                 "jobs rescued");
    return ids_of(claimed.claimed);
}

void keeps_its_place(Scene& scene) {
    const auto ids = submit_by_the_hour(scene, 8);
    expect_equal(claimed_ids(scene, 5), pick(ids, {0, 1, 2, 3, 4}), "jobs claimed at first");
    complete(scene, ids[1]);
    for (const std::size_t i : {2u, 4u, 0u}) release_job(scene, ids[i]);
    complete(scene, ids[3]);
    const auto late = scene.submit();
    auto expected = pick(ids, {0, 2, 4, 5, 6, 7});
    expected.push_back(late);
    expect_equal(claimed_ids(scene, 10), expected, "jobs claimed afterwards");
}

void keeps_its_place_among_jobs_of_one_time(Scene& scene) {
    const auto ids = scene.submit(8);
    expect_equal(claimed_ids(scene, 5), pick(ids, {0, 1, 2, 3, 4}), "jobs claimed at first");
    const std::vector settlements = {
        Settlement::released({ids[4], scene.job(ids[4]).fence}),
        Settlement::completed({ids[3], scene.job(ids[3]).fence}, JsonText()),
        Settlement::released({ids[2], scene.job(ids[2]).fence}),
        Settlement::released({ids[0], scene.job(ids[0]).fence})};
    scene.store().settle(settlements);
    expect_equal(claimed_ids(scene, 10), pick(ids, {0, 2, 4, 5, 6, 7}), "jobs claimed afterwards");
}

/// When claims stop looking for other jobs.
void goes_before_what_was_claimed_since(Scene& scene) {
    const auto ids = submit_by_the_hour(scene, 8);
    claimed_ids(scene, 3);
    for (const auto& id : claimed_ids(scene, 3)) complete(scene, id);
    release_job(scene, ids[2]);
    release_job(scene, ids[0]);
    if (scene.capabilities().workload)
        expect_equal(scene.store().workload("default", "test").waiting, 4, "jobs that wait");
    expect_equal(claimed_ids(scene, 1), pick(ids, {0}), "the next one");
    expect_equal(claimed_ids(scene, 10), pick(ids, {2, 6, 7}), "the others");
}

void goes_last_when_it_is_tried_again(Scene& scene) {
    const auto ids = submit_by_the_hour(scene, 3);
    const auto first = scene.claim(1);
    scene.accept(Settlement::retried(first[0].lease, {.code = "E1"}, Duration::zero()));
    expect_equal(claimed_ids(scene, 10), pick(ids, {1, 2, 0}), "jobs claimed afterwards");
}

void keeps_its_place_under_a_limit(Scene& scene) {
    scene.store().set_limit({.name = "two", .concurrency = 2});
    const auto ids = submit_by_the_hour(scene, 6);
    expect_equal(claimed_ids(scene, 10), pick(ids, {0, 1}), "jobs claimed at first");
    release_job(scene, ids[1]);
    expect_equal(claimed_ids(scene, 10), pick(ids, {1}), "after one was released");
    complete(scene, ids[0]);
    expect_equal(claimed_ids(scene, 10), pick(ids, {2}), "after one has ended");
    release_job(scene, ids[2]); // which had waited for its slot
    release_job(scene, ids[1]);
    expect_equal(claimed_ids(scene, 1), pick(ids, {1}), "the first after two were released");
    expect_equal(claimed_ids(scene, 10), pick(ids, {2}), "the second after two were released");
    release_job(scene, ids[2]);
    scene.store().set_limit({.name = "two"});
    expect_equal(claimed_ids(scene, 10), pick(ids, {2, 3, 4, 5}), "without the limit");
}

void keeps_its_place_among_those_of_its_owner(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    std::vector<JobId> ids;
    for (const char* owner : {"ann", "ann", "ann", "bob", "bob"})
        ids.push_back(scene.submit({.owner = owner}));
    expect_equal(claimed_ids(scene, 1), pick(ids, {0}), "the first round");
    release_job(scene, ids[0]);
    std::vector<JobId> order;
    for (int i = 0; i < 5; ++i)
        for (const auto& id : claimed_ids(scene, 1)) order.push_back(id);
    expect_equal(order, pick(ids, {3, 0, 4, 1, 2}), "order of the starts");
}

void keeps_the_place_of_a_job_that_did_not_start(Scene& scene) {
    const auto ids = submit_by_the_hour(scene, 4);
    for (int losses = 0; losses < 2; ++losses)
        expect_equal(claim_and_lose(scene, 2, true), pick(ids, {0, 1}), "jobs lost ahead");
    expect_equal(scene.job(ids[1]).run_at, long_ago + an_hour, "run_at of a job lost ahead");
    expect_equal(claimed_ids(scene, 10), ids, "jobs claimed afterwards");
}

void moves_a_job_that_may_have_crashed_its_worker(Scene& scene) {
    const auto ids = submit_by_the_hour(scene, 4);
    expect_equal(claim_and_lose(scene, 2, false), pick(ids, {0, 1}), "jobs lost");
    expect_equal(claimed_ids(scene, 10), pick(ids, {2, 3, 0, 1}), "jobs claimed afterwards");
}

void keeps_the_place_of_a_job_lost_ahead_under_a_limit(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = submit_by_the_hour(scene, 4);
    expect_equal(claimed_ids(scene, 10), pick(ids, {0}), "jobs claimed at first");
    complete(scene, ids[0]);
    expect_equal(claim_and_lose(scene, 10, true), pick(ids, {1}), "jobs lost ahead");
    expect_equal(scene.job(ids[1]).run_at, long_ago + an_hour, "run_at of a job lost ahead");
    for (const std::size_t i : {1u, 2u, 3u}) {
        expect_equal(claimed_ids(scene, 10), pick(ids, {i}), "the next one");
        complete(scene, ids[i]);
    }
}

void has_its_head_start_at_once(Scene& scene) {
    const auto other = scene.submit({.delay = a_minute / 2});
    const auto urgent = scene.submit({.priority = 10, .delay = a_minute});
    scene.move_clock(2 * a_minute);
    expect_equal(claimed_ids(scene, 10).size(), 2, "jobs claimed when they are due");
    release_job(scene, other);
    release_job(scene, urgent);
    expect_equal(claimed_ids(scene, 10), {urgent, other}, "jobs claimed afterwards");
}

void is_due_when_the_clock_was_set_back(Scene& scene) {
    const auto first = scene.submit(), second = scene.submit();
    claimed_ids(scene, 10);
    scene.move_clock(-an_hour);
    for (const auto& id : {second, first})
        scene.accept(Settlement::released({id, scene.job(id).fence}));
    expect_equal(claimed_ids(scene, 10).size(), 2, "jobs claimed at once");
}

} // namespace

Cases place_cases() {
    return {
        {"a released job keeps its place in its queue", keeps_its_place},
        {"a released job keeps its place among jobs of one submit",
         keeps_its_place_among_jobs_of_one_time},
        {"a released job precedes jobs that became due after it",
         goes_before_what_was_claimed_since},
        {"a retried job goes behind due jobs", goes_last_when_it_is_tried_again},
        {"a released job keeps its place under a limit",
         keeps_its_place_under_a_limit,
         {.limits = true}},
        {"a released job keeps its place among its owner's jobs",
         keeps_its_place_among_those_of_its_owner,
         {.limits = true}},
        {"a job lost before its start keeps its place",
         keeps_the_place_of_a_job_that_did_not_start},
        {"a job that may have crashed its worker goes behind due jobs",
         moves_a_job_that_may_have_crashed_its_worker},
        {"a job lost before its start keeps its place under a limit",
         keeps_the_place_of_a_job_lost_ahead_under_a_limit,
         {.limits = true}},
    };
}

Cases place_clock_cases() {
    return {
        {"a released job that had become due keeps its head start", has_its_head_start_at_once},
        {"a released job is due when the clock was set back", is_due_when_the_clock_was_set_back},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
