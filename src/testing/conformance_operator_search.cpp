#include "conformance_dependency.hpp"
#include "conformance_limit.hpp"
#include "conformance_operator.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <map>

/// Which jobs a search of an operator finds.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void finds_all_but_the_librarys_own(Scene& scene) {
    const auto first = scene.submit();
    const auto own = scene.submit({.type = "asyncjobs.webhook"});
    const auto like = scene.submit({.type = "asyncjobs"});
    const auto done = scene.completed({.queue = "other"});
    expect_equal(found_by(scene, {}), {done, like, first}, "jobs found");
    expect_equal(found_by(scene, {.library_jobs = true}), {done, like, own, first},
                 "jobs found, with the library's own");
    expect_equal(found_by(scene, {.type = "asyncjobs.webhook"}), {},
                 "jobs of one of its types found");
    expect_equal(found_by(scene, {.type = "asyncjobs.webhook", .library_jobs = true}), {own},
                 "jobs of one of its types found, with the library's own");
}

void returns_summaries(Scene& scene) {
    const JsonText text = JsonText::parse(R"({"secret":1})");
    const NewJob given{.input = text, .metadata = text, .queue = "own", .unique_key = "u"};
    auto failing = scene.running(given);
    const Heartbeat step{failing.lease, Progress{40, "so far"}, Step{"one", text}};
    scene.store().renew({&step, 1}, long_lease);
    scene.accept(
        Settlement::failed(failing.lease, {.code = "E1", .message = "no", .details = text}));
    scene.completed({.input = text});
    scene.running({.input = text});
    scene.submit({.input = text, .queue = "later", .priority = 7, .delay = an_hour});
    const auto page = scene.operators().search({});
    expect_equal(page.jobs.size(), 4, "jobs found");
    for (const Job& job : page.jobs) {
        expect_same(job, snapshot(scene.job(job.id), JobParts::summary), "in a search");
        if (job.error) expect_equal(job.error->message, "no", "the error's message");
    }
}

/// Jobs of every status.
std::map<JobStatus, JobId> one_of_each(Scene& scene) {
    std::map<JobStatus, JobId> ids;
    ids[JobStatus::completed] = scene.completed();
    ids[JobStatus::failed] = scene.failed();
    ids[JobStatus::cancelled] = scene.cancelled();
    ids[JobStatus::processing] = scene.running().lease.id;
    ids[JobStatus::pending] = scene.submit();
    return ids;
}

void finds_by_status(Scene& scene) {
    const auto of = one_of_each(scene);
    for (const auto& [status, id] : of)
        expect_equal(found_by(scene, {.statuses = {status}}), {id}, show(status));
    using enum JobStatus;
    expect_equal(found_by(scene, {.statuses = {failed, completed}}),
                 {of.at(failed), of.at(completed)}, "jobs of two statuses");
    expect_equal(found_by(scene, {.statuses = {pending, processing, pending}}),
                 {of.at(pending), of.at(processing)}, "jobs of two statuses, one of them twice");
    expect_equal(
        found_by(scene, {.statuses = {cancelled, failed, completed, processing, pending}}).size(),
        5, "jobs of any status");
}

/// One job for each name; the search for each must find that one alone.
template <typename Submit, typename SearchFor>
void expect_exact(Scene& scene, const std::vector<std::string>& names, Submit submit,
                  SearchFor search_for) {
    std::vector<JobId> ids;
    for (const std::string& name : names) ids.push_back(submit(name));
    for (std::size_t i = 0; i < names.size(); ++i)
        expect_equal(found_by(scene, search_for(names[i])), {ids[i]},
                     fmt::format("jobs found by {}", show(names[i])));
    expect_equal(found_by(scene, search_for("unknown")), {}, "jobs found by an unknown one");
}

void finds_by_queue(Scene& scene) {
    const auto submit = [&](const std::string& name) { return scene.submit({.queue = name}); };
    expect_exact(scene, {"a", "A", "a:", "ab"}, submit,
                 [](const std::string& name) { return JobSearch{.queue = name}; });
    expect_equal(found_by(scene, {.statuses = {JobStatus::pending}, .queue = "a"}).size(), 1,
                 "pending jobs of a queue");
}

void finds_by_type(Scene& scene) {
    const auto submit = [&](const std::string& name) { return scene.submit({.type = name}); };
    expect_exact(scene, {"a", "A", "a.", "ab"}, submit,
                 [](const std::string& name) { return JobSearch{.type = name}; });
}

const std::vector<std::string> close_labels = {"ann",  "Ann", "ann ",    "an",       "a%", "a_n",
                                               "a\\n", "a'n", "\"ann\"", "\u00e4nn", ""};

void finds_by_owner(Scene& scene) {
    const auto submit = [&](const std::string& owner) { return scene.submit({.owner = owner}); };
    expect_exact(scene, close_labels, submit,
                 [](const std::string& owner) { return JobSearch{.owner = owner}; });
}

void finds_by_worker(Scene& scene) {
    std::vector<JobId> ids;
    for (const std::string& worker : close_labels) {
        if (worker.empty()) continue;
        scene.submit();
        ids.push_back(scene.claim_one("default", long_lease, worker).lease.id);
        if (ids.size() % 2 == 0)
            scene.accept(Settlement::completed({ids.back(), scene.job(ids.back()).fence}, {}));
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
        expect_equal(found_by(scene, {.worker = close_labels[i]}), {ids[i]},
                     fmt::format("jobs found by the worker {}", show(close_labels[i])));
    expect_equal(found_by(scene, {.worker = "unknown"}), {}, "jobs of an unknown worker");
}

JobId failed_with(Scene& scene, JobError error) {
    const auto running = scene.running();
    scene.accept(Settlement::failed(running.lease, std::move(error)));
    return running.lease.id;
}

void finds_by_error_code(Scene& scene) {
    const auto details = JsonText::parse(R"({"code":"unknown","a":["unknown"]})");
    const auto submit = [&](const std::string& code) {
        return failed_with(
            scene,
            {.code = code, .message = R"("code":"unknown","E1","code":"E1")", .details = details});
    };
    expect_exact(scene,
                 {"E1", "E12", "E", "e1", "E1 ", "E_", "E%", "E\"1\"", "E\\1", "E\\\"", "E'1",
                  "\u00c91", "\U0001F4A5", ""},
                 submit, [](const std::string& code) { return JobSearch{.error_code = code}; });
}

void finds_the_latest_error(Scene& scene) {
    const auto running = scene.running({.max_attempts = 3});
    scene.accept(Settlement::retried(running.lease, {.code = "E1", .message = ""}, {}));
    scene.completed({.queue = "other"});
    expect_equal(found_by(scene, {.error_code = "E1"}), {running.lease.id},
                 "a pending job that has failed once");
    scene.accept(Settlement::failed(scene.claim_one().lease, {.code = "E2", .message = ""}));
    expect_equal(found_by(scene, {.error_code = "E1"}), {}, "jobs found by an earlier error");
    expect_equal(found_by(scene, {.error_code = "E2"}), {running.lease.id},
                 "jobs found by the latest error");
    scene.store().retry(running.lease.id);
    expect_equal(found_by(scene, {.error_code = "E2"}), {}, "jobs found after a restart");
}

void finds_by_key(Scene& scene) {
    const auto first = scene.completed({.idempotency_key = "k"});
    scene.submit({.queue = "own", .unique_key = "K"});
    scene.submit({.queue = "own", .idempotency_key = "k "});
    const auto holder = scene.submit({.unique_key = "k"});
    expect_equal(found_by(scene, {.key = "k"}), {holder, first}, "jobs found by a key");
    expect_equal(found_by(scene, {.statuses = {JobStatus::pending}, .key = "k"}), {holder},
                 "pending jobs found by a key");
    expect_equal(found_by(scene, {.key = "unknown"}), {}, "jobs found by an unknown key");
    scene.claim_one();
    expect_equal(found_by(scene, {.key = "k"}), {holder, first}, "jobs found while one runs");
    scene.store().cancel(holder, {.force = true});
    expect_equal(found_by(scene, {.key = "k"}), {first},
                 "jobs found by a unique key that is free again");
    const auto both = scene.submit({.unique_key = "both", .idempotency_key = "both"});
    expect_equal(found_by(scene, {.key = "both"}), {both}, "a job that has both keys");
}

void finds_relatives(Scene& scene) {
    const auto one = scene.completed(), two = scene.submit({.queue = "two"});
    const auto third = scene.failed({.keep_failed = an_hour});
    const auto child = child_of(scene, {one, two}), other = child_of(scene, {one});
    const auto grandchild = child_of(scene, {child});
    const auto check = [&](std::string_view when) {
        expect_equal(found_by(scene, {.parents_of = child}), {two, one},
                     fmt::format("parents {}", when));
        expect_equal(found_by(scene, {.children_of = one}), {other, child},
                     fmt::format("children {}", when));
    };
    check("at first");
    promote(scene);
    check("after one has finished");
    scene.store().cancel(two, {});
    promote(scene);
    check("after the other was cancelled");
    expect_equal(found_by(scene, {.children_of = child}), {grandchild}, "children of a child");
    expect_equal(found_by(scene, {.children_of = third}), {}, "children of a job without any");
    expect_equal(found_by(scene, {.parents_of = one}), {}, "parents of a job without any");
    expect_equal(found_by(scene, {.parents_of = scene.fresh_id()}), {}, "parents of no job");
    expect_equal(found_by(scene, {.children_of = scene.fresh_id()}), {}, "children of no job");
    scene.store().cancel(other, {});
    scene.store().remove(other);
    expect_equal(found_by(scene, {.children_of = one}), {child}, "children that still exist");
    scene.store().remove(one);
    expect_equal(found_by(scene, {.parents_of = child}), {two}, "parents that still exist");
    expect_equal(found_by(scene, {.children_of = one}), {child}, "children of a removed job");
}

void narrows_relatives(Scene& scene) {
    const auto done = scene.completed({.owner = "ann"});
    const auto open = scene.submit({.owner = "bob"}), last = scene.submit({.owner = "ann"});
    const auto child = child_of(scene, {done, open, last});
    const auto other = scene.submit({.owner = "ann", .after = {open}});
    using enum JobStatus;
    expect_equal(found_by(scene, {.statuses = {pending}, .parents_of = child}), {last, open},
                 "pending parents");
    expect_equal(found_by(scene, {.owner = "ann", .parents_of = child}), {last, done},
                 "parents of an owner");
    expect_equal(found_by(scene, {.queue = "children", .children_of = open}), {child},
                 "children in a queue");
    expect_equal(found_by(scene, {.owner = "ann", .children_of = open}), {other},
                 "children of an owner");
    const auto grandchild = child_of(scene, {child});
    expect_equal(found_by(scene, {.parents_of = grandchild, .children_of = open}), {child},
                 "parents of one job that are children of another");
    expect_equal(found_by(scene, {.parents_of = grandchild, .children_of = child}), {},
                 "parents that are no children");
}

void finds_by_creation(Scene& scene) {
    std::vector<Timestamp> times;
    std::vector<JobId> ids;
    for (int hour = 1; hour <= 4; ++hour) {
        times.push_back(long_ago + hour * an_hour);
        ids.push_back(scene.submit({.id = JobId::make(times.back(), 7, 7)}));
    }
    const auto found = [&](std::optional<Timestamp> since, std::optional<Timestamp> until) {
        return found_by(scene, {.created_since = since, .created_until = until});
    };
    expect_equal(found(times[1], {}), {ids[3], ids[2], ids[1]}, "jobs created since a time");
    expect_equal(found({}, times[1]), {ids[0]}, "jobs created until before a time");
    expect_equal(found(times[1], times[3]), {ids[2], ids[1]}, "jobs created between two times");
    expect_equal(found(times[1] + Duration{1}, times[3] + Duration{1}), {ids[3], ids[2]},
                 "jobs created between two times, a moment later");
    expect_equal(found(times[2], times[2]), {}, "jobs created in no time");
    expect_equal(found(times[3], times[1]), {}, "jobs created in less than no time");
    expect_equal(found(Timestamp{}, far_ahead).size(), 4, "jobs created at any time");
    for (const JobStatus status : {JobStatus::pending, JobStatus::processing}) {
        expect_equal(newest_first(found_by(scene, {.statuses = {status},
                                                   .created_since = times[1],
                                                   .created_until = times[3]})),
                     {ids[2], ids[1]}, fmt::format("{} jobs of these times", show(status)));
        scene.claim(10);
    }
}

void finds_what_matches_all(Scene& scene) {
    std::map<std::string, JobId> ids;
    for (const std::string owner : {"ann", "bob"})
        for (const std::string type : {"mail", "report"})
            for (const std::string queue : {"a", "b"}) {
                const NewJob job{.type = type, .queue = queue, .owner = owner};
                ids[owner + type + queue] = scene.failed(job);
                scene.submit(job);
                scene.claim(1, {queue});
            }
    const auto found = found_by(scene, {.statuses = {JobStatus::failed},
                                        .queue = "b",
                                        .type = "mail",
                                        .owner = "bob",
                                        .worker = "worker",
                                        .error_code = "E1",
                                        .created_since = long_ago,
                                        .created_until = long_ago + an_hour});
    expect_equal(found, {ids.at("bobmailb")}, "jobs that match all conditions");
    expect_equal(found_by(scene, {.statuses = {JobStatus::failed}, .type = "mail", .owner = "bob"}),
                 {ids.at("bobmailb"), ids.at("bobmaila")}, "jobs that match some");
    expect_equal(found_by(scene, {.queue = "b", .owner = "bob", .error_code = "E2"}), {},
                 "jobs that match all but one");
}

} // namespace

Cases operator_search_cases() {
    return {
        {"a search finds the library's own jobs only if asked", finds_all_but_the_librarys_own},
        {"a search returns summaries without payloads", returns_summaries},
        {"a search finds jobs by their status", finds_by_status},
        {"a search finds jobs of exactly one queue", finds_by_queue},
        {"a search finds jobs of exactly one type", finds_by_type},
        {"a search finds jobs of exactly one owner", finds_by_owner},
        {"a search finds jobs that a worker has, or last had", finds_by_worker},
        {"a search finds jobs with exactly one error code", finds_by_error_code},
        {"a search finds jobs by their latest error", finds_the_latest_error},
        {"a search by key finds the holders of an idempotency key and of a unique key",
         finds_by_key},
        {"a search finds a job's parents and children", finds_relatives, {.dependencies = true}},
        {"a search finds parents and children that match other conditions",
         narrows_relatives,
         {.dependencies = true}},
        {"a search finds jobs by the times in their ids", finds_by_creation},
        {"a search finds jobs that match every condition", finds_what_matches_all},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
