#include "conformance_check.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <cstdlib>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void finds_in_order(Scene& scene) {
    const auto ids = scene.submit(3);
    const std::vector<JobId> asked = {ids[2], scene.fresh_id(), ids[0], ids[2], JobId()};
    const auto found = scene.store().find(asked);
    expect_equal(found.size(), 5, "results");
    expect(found[0] && found[0]->id == ids[2], "result 0 to be job 2");
    expect(!found[1], "result 1, of an unknown id, to be empty");
    expect(found[2] && found[2]->id == ids[0], "result 2 to be job 0");
    expect(found[3] && found[3]->id == ids[2], "result 3 to be job 2 again");
    expect(!found[4], "result 4, of the null id, to be empty");
    expect_equal(scene.store().find({}).size(), 0, "results of a find of no id");
}

/// The fields of `job` that a summary has at least; fields beyond those are taken from the summary.
Job as_summarised(const Job& job, const Job& summarised) {
    Job expected = summarised;
    expected.id = job.id;
    expected.type = job.type;
    expected.queue = job.queue;
    expected.owner = job.owner;
    expected.status = job.status;
    expected.progress.percent = job.progress.percent;
    expected.revision = job.revision;
    expected.created_at = job.created_at;
    expected.run_at = job.run_at;
    expected.started_at = job.started_at;
    expected.expires_at = job.expires_at;
    return expected;
}

void reads_summaries(Scene& scene) {
    const auto running = scene.running({.priority = 50}).lease;
    scene.renew(running, Progress{42, "so far"});
    const auto later = scene.submit({.owner = "o", .delay = an_hour});
    const auto done = scene.completed({.owner = "p"});
    const auto urgent = scene.submit({.priority = 50});
    std::vector<JobId> asked = {later, scene.fresh_id(), done, urgent, running.id, later, JobId()};
    if (scene.capabilities().dependencies) {
        asked.push_back(scene.submit({.after = {done, later}}));
        scene.store().promote(10); // so half of its parents have finished
    }
    const auto found = scene.store().find(asked);
    const auto summarised = scene.store().find_summaries(asked);
    expect_equal(summarised.size(), asked.size(), "results");
    for (std::size_t i = 0; i < asked.size(); ++i) {
        expect_equal(summarised[i].has_value(), found[i].has_value(), "whether the job exists");
        if (found[i])
            expect_same(*summarised[i], as_summarised(*found[i], *summarised[i]), "in its summary");
    }
    expect_equal(scene.store().find_summaries({}).size(), 0, "results of summaries of no id");
}

void lists_newest_first(Scene& scene) {
    const auto ids = scene.submit(5);
    const auto page = scene.store().list({});
    expect_equal(ids_of(page.jobs), newest_first(ids), "jobs listed");
    expect(!page.more, "more not to be set");
}

void lists_nothing_in_an_empty_store(Scene& scene) {
    const auto page = scene.store().list({});
    expect(page.jobs.empty() && !page.more, "an empty page without more");
}

void lists_whole_records(Scene& scene) {
    const auto id = scene.completed({.input = JsonText::parse("[5]"), .owner = "o"});
    const auto page = scene.store().list({.owner = "o"});
    expect_equal(page.jobs.size(), 1, "jobs listed");
    expect_same(page.jobs[0], scene.job(id), "in a listing");
}

void lists_parts(Scene& scene) {
    const JsonText text = JsonText::parse(R"({"details":",\"details\":"})");
    const NewJob given{.input = text, .metadata = text, .owner = "o"};
    scene.completed(given);
    auto running = scene.running(given);
    const Heartbeat step{running.lease, Progress{40, "so far"}, Step{"one", text}};
    scene.store().renew({&step, 1}, long_lease);
    running = scene.running(given);
    scene.settle(Settlement::failed(
        running.lease, {.code = "E1", .message = R"(",\"details\":)", .details = text}));
    running = scene.running(given);
    scene.settle(
        Settlement::retried(running.lease, {.code = "E2", .message = "", .details = {}}, an_hour));
    scene.submit(given);
    NewJob urgent = given;
    urgent.priority = 7;
    scene.submit(urgent);
    for (const JobParts parts : {JobParts::outcome, JobParts::summary}) {
        const auto whole = scene.store().list({.owner = "o"}).jobs;
        const auto listed = scene.store().list({.owner = "o", .parts = parts}).jobs;
        expect_equal(listed.size(), whole.size(), "jobs listed");
        for (std::size_t i = 0; i < whole.size(); ++i)
            expect_same(snapshot(listed[i], parts), snapshot(whole[i], parts), "in parts");
    }
}

void filters(Scene& scene) {
    const auto a = scene.submit({.type = "x", .queue = "p", .owner = "a"});
    const auto b = scene.submit({.type = "y", .queue = "p", .owner = "b"});
    const auto c = scene.submit({.type = "x", .queue = "q", .owner = "a"});
    const auto d = scene.completed({.type = "y", .queue = "r", .owner = "a"});
    const auto listed = [&](const JobQuery& query) {
        return ids_of(scene.store().list(query).jobs);
    };
    expect_equal(listed({.owner = "a"}), {d, c, a}, "jobs of owner a");
    expect_equal(listed({.owner = "b"}), {b}, "jobs of owner b");
    expect_equal(listed({.owner = "A"}), {}, "jobs of owner A");
    expect_equal(listed({.owner = ""}), {}, "jobs without an owner");
    expect_equal(listed({.queue = "p"}), {b, a}, "jobs of queue p");
    expect_equal(listed({.type = "y"}), {d, b}, "jobs of type y");
    expect_equal(listed({.status = JobStatus::pending}), {c, b, a}, "pending jobs");
    expect_equal(listed({.status = JobStatus::completed}), {d}, "completed jobs");
    expect_equal(listed({.status = JobStatus::failed}), {}, "failed jobs");
    expect_equal(listed({.owner = "a", .type = "x"}), {c, a}, "jobs of owner a and type x");
    expect_equal(listed({.owner = "a", .queue = "q", .type = "x", .status = JobStatus::pending}),
                 {c}, "jobs under all filters");
    expect_equal(listed({.owner = "b", .type = "x"}), {}, "jobs of owner b and type x");
}

void leaves_out_library_jobs(Scene& scene) {
    const auto own = scene.submit({.type = "asyncjobs", .owner = "a"});
    const auto library = scene.submit({.type = "asyncjobs.x", .owner = "a"});
    const auto longer = scene.submit({.type = "asyncjobs_x.y", .owner = "a"});
    const auto capital = scene.submit({.type = "Asyncjobs.x", .owner = "a"});
    const auto later = scene.submit({.type = "my.asyncjobs.x", .owner = "a"});
    const auto listed = [&](const JobQuery& query) {
        return ids_of(scene.store().list(query).jobs);
    };
    const std::vector<JobId> others = {later, capital, longer, own};
    expect_equal(listed({.owner = "a", .library_jobs = false}), others, "jobs of owner a");
    expect_equal(listed({.library_jobs = false}), others, "jobs of any owner");
    expect_equal(listed({.library_jobs = false, .limit = 2}), {later, capital}, "the first page");
    expect_equal(listed({.library_jobs = false, .before = capital, .limit = 2}), {longer, own},
                 "the second page");
    expect(!scene.store().list({.library_jobs = false, .before = capital, .limit = 2}).more,
           "more not to be set when only library jobs are left");
    expect_equal(listed({.owner = "a", .type = "asyncjobs.x"}), {library}, "jobs of that type");
    expect_equal(listed({.owner = "a", .type = "asyncjobs.x", .library_jobs = false}), {},
                 "jobs of that type without the library's");
    expect_equal(listed({.owner = "a"}), {later, capital, longer, library, own},
                 "jobs with the library's");
}

void finds_the_holder_of_an_idempotency_key(Scene& scene) {
    const auto first = scene.submit({.owner = "a", .idempotency_key = "k"});
    scene.submit({.owner = "a", .idempotency_key = "K"});
    scene.submit({.owner = "a"});
    const auto listed = [&](const JobQuery& query) {
        return ids_of(scene.store().list(query).jobs);
    };
    expect_equal(listed({.idempotency_key = "k"}), {first}, "holders of the key");
    expect_equal(listed({.owner = "a", .idempotency_key = "k"}), {first}, "holders of owner a");
    expect_equal(listed({.owner = "b", .idempotency_key = "k"}), {}, "holders of owner b");
    expect_equal(listed({.idempotency_key = "x"}), {}, "holders of a key that no job has");
}

void lists_every_status(Scene& scene) {
    const std::vector<std::pair<JobStatus, JobId>> jobs = {
        {JobStatus::completed, scene.completed()},
        {JobStatus::failed, scene.failed()},
        {JobStatus::cancelled, scene.cancelled()},
        {JobStatus::processing, scene.running().lease.id},
        {JobStatus::pending, scene.submit()}};
    for (const auto& [status, id] : jobs)
        expect_equal(ids_of(scene.store().list({.status = status}).jobs), {id},
                     fmt::format("{} jobs", to_string(status)));
}

void expect_pages(Scene& scene, JobQuery query, const std::vector<JobId>& expected) {
    std::vector<JobId> listed;
    for (bool more = true; more;) {
        const auto page = scene.store().list(query);
        more = page.more;
        const auto left = expected.size() - listed.size();
        expect_equal(page.jobs.size(), std::min(query.limit, left), "jobs on a page");
        for (const auto& job : page.jobs) listed.push_back(job.id);
        if (!listed.empty()) query.before = listed.back();
        expect_equal(more, listed.size() < expected.size(), "more");
    }
    expect_equal(listed, expected, "jobs over all pages");
}

void pages(Scene& scene) {
    std::vector<JobId> all, owned;
    for (int i = 0; i < 23; ++i) {
        const bool mine = i % 3 != 0;
        all.push_back(scene.submit({.owner = mine ? "me" : "you"}));
        if (mine) owned.push_back(all.back());
    }
    for (const std::size_t limit : {1u, 4u, 23u, 50u})
        expect_pages(scene, {.limit = limit}, newest_first(all));
    for (const std::size_t limit : {1u, 5u, 15u, 16u})
        expect_pages(scene, {.owner = "me", .status = JobStatus::pending, .limit = limit},
                     newest_first(owned));
}

void pages_while_jobs_arrive(Scene& scene) {
    const auto ids = newest_first(scene.submit(6));
    const auto first = scene.store().list({.limit = 3});
    scene.submit(5);
    const auto second = scene.store().list({.before = first.jobs.at(2).id, .limit = 3});
    expect_equal(ids_of(second.jobs), {ids[3], ids[4], ids[5]}, "jobs on the second page");
    expect(!second.more, "more not to be set");
}

void continues_from_any_id(Scene& scene) {
    const auto older = scene.submit();
    const auto gap = scene.fresh_id();
    scene.submit();
    expect_equal(ids_of(scene.store().list({.before = gap}).jobs), {older},
                 "jobs before an id that no job has");
    expect_equal(scene.store().list({.before = older}).jobs.size(), 0,
                 "jobs before the oldest one");
}

void counts_work(Scene& scene) {
    scene.submit(3, {.queue = "a"});
    scene.submit({.queue = "a", .delay = an_hour});
    scene.submit({.queue = "b"});
    scene.claim(1, {"a"});
    const auto a = scene.store().workload("a", "test");
    expect_equal(a.waiting, 2, "due jobs waiting");
    expect_equal(a.processing, 1, "processing");
    expect_equal(a.paused, false, "paused");
    expect_equal(a.typical_run, std::nullopt, "typical_run without a completed job");
    const auto unknown = scene.store().workload("unknown", "nothing");
    expect_equal(unknown.waiting, 0, "waiting in an unknown queue");
    expect_equal(unknown.processing, 0, "processing in an unknown queue");
}

void counts_up_to_a_limit(Scene& scene) {
    scene.submit(Workload::count_limit + 5, {.queue = "a"});
    expect_equal(scene.store().workload("a", "test").waiting, Workload::count_limit, "waiting");
    scene.submit(Workload::count_limit + 5, {.queue = "b"});
    scene.claim(Workload::count_limit + 5, {"b"});
    const auto b = scene.store().workload("b", "test");
    expect_equal(b.processing, Workload::count_limit, "processing");
    expect_equal(b.waiting, 0, "waiting while all are processing");
}

void returns_whether_a_queue_is_paused(Scene& scene) {
    scene.store().set_paused("a", true);
    expect_equal(scene.store().workload("a", "test").paused, true, "paused");
    expect_equal(scene.store().workload("b", "test").paused, false, "paused of another queue");
    scene.store().set_paused("a", false);
    expect_equal(scene.store().workload("a", "test").paused, false, "paused after it was resumed");
}

void knows_the_typical_run(Scene& scene) {
    Duration sum{};
    for (int i = 0; i < 4; ++i) {
        const auto job = scene.job(scene.completed({.type = "x", .queue = i < 2 ? "a" : "b"}));
        sum += *job.finished_at - *job.started_at;
    }
    scene.failed({.type = "y"});
    const auto run = scene.store().workload("anywhere", "x").typical_run;
    expect(run.has_value(), "typical_run of a type with completed jobs to be set");
    expect(std::abs((*run - sum / 4).count()) <= 1,
           fmt::format("typical_run {} to be the mean {}", show(*run), show(sum / 4)));
    expect_equal(scene.store().workload("a", "y").typical_run, std::nullopt,
                 "typical_run of a type with one failed job only");
}

void shares_its_data(Scene& scene) {
    const auto second = scene.open();
    const auto id = scene.submit({.input = JsonText::parse("[7]"), .unique_key = "key"});
    const auto found = second->find({&id, 1});
    expect(found.size() == 1 && found[0], "the second object to find the first one's job");
    expect_same(*found[0], scene.job(id), "through a second object");

    const auto same_key = scene.filled({.unique_key = "key"});
    expect_equal(second->submit({&same_key, 1}).at(0).outcome, Submitted::Outcome::key_taken,
                 "outcome of a submit of a taken key through the second object");
    const std::vector<std::string> queues = {"default"};
    const auto claimed = second->claim({.worker = "other", .queues = queues, .limit = 5}).claimed;
    expect_equal(ids_of(claimed), {id}, "jobs claimed through the second object");
    expect_equal(scene.claim(5).size(), 0, "jobs then claimed through the first");
    expect_equal(scene.job(id).worker, "other", "worker, as the first object sees it");
    scene.store().cancel(id, {});
    const Heartbeat heartbeat{claimed[0].lease, Progress{10, "on"}};
    expect(second->renew({&heartbeat, 1}, long_lease).at(0).cancel_requested,
           "the second object to return the first one's cancel request");
}

void shares_pauses(Scene& scene) {
    scene.store().set_paused("default", true);
    const auto second = scene.open();
    expect(second->workload("default", "test").paused, "the second object to see the pause");
}

void outlives_its_objects(Scene& scene) {
    const auto id = scene.submit();
    const auto other = scene.fresh_id();
    {
        const auto second = scene.open();
        const auto job = scene.filled({.id = other});
        second->submit({&job, 1});
    }
    const auto third = scene.open();
    const std::vector<JobId> ids = {id, other};
    const auto found = third->find(ids);
    expect(found.size() == 2 && found[0] && found[1], "a third object to find both jobs");
}

} // namespace

Cases read_cases() {
    return {
        {"find returns jobs in the order of the ids", finds_in_order},
        {"a summary has the fields of the full job", reads_summaries},
        {"list returns the newest first", lists_newest_first},
        {"list of an empty store is empty", lists_nothing_in_an_empty_store},
        {"list returns whole records", lists_whole_records},
        {"outcomes and summaries in a list equal the whole records", lists_parts},
        {"list filters by owner, queue, type and status", filters},
        {"list filters by every status", lists_every_status},
        {"list can omit the library's jobs on every page", leaves_out_library_jobs},
        {"list finds the job that holds an idempotency key",
         finds_the_holder_of_an_idempotency_key},
        {"pages have no gap and no repeat", pages},
        {"pages are not shifted by jobs that arrive", pages_while_jobs_arrive},
        {"a listing continues from any id", continues_from_any_id},
        {"workload counts the due and the running jobs of a queue",
         counts_work,
         {.workload = true}},
        {"workload counts up to a limit", counts_up_to_a_limit, {.workload = true}},
        {"workload returns whether the queue is paused",
         returns_whether_a_queue_is_paused,
         {.queue_control = true, .workload = true}},
        {"workload returns the mean run time of a type's completed jobs",
         knows_the_typical_run,
         {.workload = true}},
        {"a second object reads and writes the first one's data", shares_its_data},
        {"a second object sees a pause by the first one",
         shares_pauses,
         {.queue_control = true, .workload = true}},
        {"data outlives the object that wrote it", outlives_its_objects},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
