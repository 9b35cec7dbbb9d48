#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void takes_the_lease(Scene& scene) {
    const auto id = scene.submit();
    const auto before = scene.job(id);
    const auto claimed = scene.claim_one("default", long_lease, "worker 7");
    const auto job = scene.job(id);
    expect_equal(claimed.lease.id, id, "id in the lease");
    expect(claimed.lease.fence > before.fence, "a new fence in the lease");
    expect_equal(job.status, JobStatus::processing, "status");
    expect_equal(job.attempt, 1, "attempt");
    expect_equal(job.fence, claimed.lease.fence, "fence");
    expect_equal(job.worker, "worker 7", "worker");
    expect_equal(job.progress, {}, "progress");
    expect_equal(job.revision, before.revision + 1, "revision");
    expect(job.started_at.has_value(), "started_at to be set");
    expect_equal(job.updated_at, *job.started_at, "updated_at");
    expect_equal(job.lease_expires_at, *job.started_at + long_lease, "lease_expires_at");
    expect_equal(job.finished_at, std::nullopt, "finished_at");
}

void gives_what_a_handler_needs(Scene& scene) {
    const auto id = scene.submit({.type = "sales_report",
                                  .input = JsonText::parse("[1,2]"),
                                  .queue = "reports",
                                  .owner = "42",
                                  .max_attempts = 9,
                                  .timeout = std::chrono::minutes{2}});
    const auto claimed = scene.claim_one("reports");
    expect_equal(claimed.type, "sales_report", "type");
    expect_equal(claimed.queue, "reports", "queue");
    expect_equal(claimed.owner, "42", "owner");
    expect_equal(claimed.input.text(), "[1,2]", "input");
    expect_equal(claimed.attempt, 1, "attempt");
    expect_equal(claimed.max_attempts, 9, "max_attempts");
    expect_equal(claimed.crashes, 0, "crashes");
    expect_equal(claimed.timeout, std::chrono::minutes{2}, "timeout");
    expect_equal(claimed.created_at, scene.job(id).created_at, "created_at");
}

void returns_how_long_the_job_waited(Scene& scene) {
    for (const NewJob& job : {NewJob{.run_at = long_ago}, NewJob{.priority = 5}, NewJob{}}) {
        const auto id = scene.submit(job);
        const auto claimed = scene.claim_one();
        const auto stored = scene.job(id);
        expect_equal(claimed.waited, *stored.started_at - stored.run_at, "waited");
        for (const auto& leased : scene.store().leases_of("worker"))
            if (leased.lease.id == id)
                expect_equal(leased.waited, claimed.waited, "waited of a leased job");
    }
}

void takes_a_job_once(Scene& scene) {
    scene.submit(3);
    expect_equal(scene.claim(10).size(), 3, "jobs claimed at first");
    expect_equal(scene.claim(10).size(), 0, "jobs claimed again");
}

void goes_by_run_at_then_id(Scene& scene) {
    const auto hour = [](int i) { return long_ago + i * an_hour; };
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(scene.fresh_id());
    scene.submit({.id = ids[2], .run_at = hour(2)});
    scene.submit({.id = ids[3], .run_at = hour(1)});
    scene.submit({.id = ids[1], .run_at = hour(2)});
    scene.submit({.id = ids[0], .run_at = hour(3)});
    expect_equal(ids_of(scene.claim(10)), {ids[3], ids[1], ids[2], ids[0]}, "order of the claim");
}

void keeps_the_order_across_claims(Scene& scene) {
    const auto ids = scene.submit(10, {.run_at = long_ago});
    std::vector<JobId> claimed;
    for (int i = 0; i < 4; ++i)
        for (const auto& id : ids_of(scene.claim(3))) claimed.push_back(id);
    expect_equal(claimed, ids, "order over several claims");
}

void honours_the_limit(Scene& scene) {
    scene.submit(5);
    expect_equal(scene.claim(2).size(), 2, "jobs claimed with a limit of 2");
    expect_equal(scene.claim(1).size(), 1, "jobs claimed with a limit of 1");
    expect_equal(scene.claim(0).size(), 0, "jobs claimed with a limit of 0");
    expect_equal(scene.claim(100).size(), 2, "jobs claimed with a limit above the number left");
}

void serves_queues_in_order(Scene& scene) {
    const auto low = scene.submit(2, {.queue = "low", .run_at = long_ago});
    const auto high = scene.submit(2, {.queue = "high", .run_at = long_ago + an_hour});
    expect_equal(ids_of(scene.claim(3, {"high", "low"})), {high[0], high[1], low[0]},
                 "jobs claimed with 3 slots for high and then low");
    expect_equal(ids_of(scene.claim(3, {"high", "low"})), {low[1]}, "jobs claimed after that");
}

void takes_from_the_named_queues_only(Scene& scene) {
    scene.submit({.queue = "a"});
    const auto b = scene.submit({.queue = "b"});
    scene.submit({.queue = "B"});
    expect_equal(ids_of(scene.claim(10, {"b", "unknown"})), {b}, "jobs claimed from b");
    expect_equal(scene.claim(10, {}).size(), 0, "jobs claimed from no queue");
    expect_equal(scene.claim(10, {"b", "A"}).size(), 0, "jobs claimed from queues without any");
}

void leaves_scheduled_jobs(Scene& scene) {
    const auto later = scene.submit({.delay = an_hour});
    const auto much_later = scene.submit({.run_at = far_ahead});
    const auto due = scene.submit({.run_at = long_ago});
    expect_equal(ids_of(scene.claim(10)), {due}, "jobs claimed");
    expect_equal(scene.status(later), JobStatus::pending, "status of a job due in an hour");
    expect_equal(scene.status(much_later), JobStatus::pending, "status of a job due in the future");
}

void leaves_paused_queues(Scene& scene) {
    scene.submit({.queue = "a"});
    const auto b = scene.submit({.queue = "b"});
    scene.store().set_paused("a", true);
    scene.store().set_paused("a", true);
    const auto submitted_meanwhile = scene.submit({.queue = "a"});
    expect_equal(ids_of(scene.claim(10, {"a", "b"})), {b}, "jobs claimed with a paused");
    expect_equal(scene.status(submitted_meanwhile), JobStatus::pending, "status in a paused queue");
    scene.store().set_paused("a", false);
    scene.store().set_paused("a", false);
    expect_equal(scene.claim(10, {"a", "b"}).size(), 2, "jobs claimed with a running again");
}

void settles_in_a_paused_queue(Scene& scene) {
    const auto lease = scene.running().lease;
    scene.store().set_paused("default", true);
    expect(scene.renew(lease).kept, "a lease in a paused queue to be renewed");
    scene.accept(Settlement::completed(lease, {}));
}

Exchange ask(Scene& scene, std::size_t limit, const std::vector<std::string>& queues) {
    return scene.store().claim({.worker = "worker", .queues = queues, .limit = limit});
}

void expect_due_within(const std::optional<Duration>& next, Duration at_most) {
    expect(next.has_value(), "next_due_in to be set");
    expect(*next > Duration::zero() && *next <= at_most,
           fmt::format("next_due_in above 0 and at most {}, not {}", show(at_most), show(*next)));
}

void returns_when_the_next_is_due(Scene& scene) {
    scene.submit({.queue = "a", .delay = 3 * an_hour});
    scene.submit({.queue = "a", .delay = 2 * an_hour});
    scene.submit({.queue = "b", .delay = an_hour});
    scene.submit({.queue = "c", .delay = std::chrono::minutes{1}});
    const auto b = ask(scene, 1, {"a", "b"});
    expect_equal(b.claimed.size(), 0, "jobs claimed without a due job");
    expect_due_within(b.next_due_in, an_hour);
    expect_due_within(ask(scene, 1, {"b", "a"}).next_due_in, an_hour);
    const auto a = ask(scene, 1, {"a"}).next_due_in;
    expect_due_within(a, 2 * an_hour);
    expect(*a > an_hour, "next_due_in to cover the requested queues only");
}

void returns_it_after_a_partial_claim(Scene& scene) {
    scene.submit();
    scene.submit({.delay = an_hour});
    const auto result = ask(scene, 5, {"default"});
    expect_equal(result.claimed.size(), 1, "jobs claimed");
    expect_due_within(result.next_due_in, an_hour);
}

void next_due_is_empty_when_no_job_waits(Scene& scene) {
    expect_equal(ask(scene, 1, {"default"}).next_due_in, std::nullopt,
                 "next_due_in of an empty store");
    scene.completed();
    scene.running();
    expect_equal(ask(scene, 1, {"default"}).next_due_in, std::nullopt,
                 "next_due_in with a running and a completed job");
}

void next_due_is_empty_for_paused_queues(Scene& scene) {
    scene.submit();
    scene.store().set_paused("default", true);
    expect_equal(ask(scene, 1, {"default"}).next_due_in, std::nullopt,
                 "next_due_in of a paused queue");
}

void counts_attempts_and_fences(Scene& scene) {
    const auto id = scene.submit();
    auto last = scene.job(id).fence;
    for (int i = 1; i <= 4; ++i) {
        const auto claimed = scene.claim_one();
        expect_equal(claimed.attempt, i, "attempt in the claim");
        expect(claimed.lease.fence > last, "a new fence in the claim");
        last = claimed.lease.fence;
        scene.accept(Settlement::retried(claimed.lease, {}, Duration::zero()));
        expect_equal(scene.job(id).attempt, i, "attempt after a retry");
    }
}

void shows_the_last_error_while_it_runs_again(Scene& scene) {
    const auto first = scene.running();
    scene.accept(Settlement::retried(first.lease, {.code = "E1", .message = "no"}, {}));
    const auto second = scene.claim_one();
    const auto running = scene.job(second.lease.id);
    expect_equal(running.error, JobError{.code = "E1", .message = "no"},
                 "error of the last attempt");
    scene.accept(Settlement::completed(second.lease, {}));
    expect_equal(scene.job(second.lease.id).error, std::nullopt, "error of a completed job");
}

void claims_a_large_batch(Scene& scene) {
    auto ids = scene.submit(1000, {.run_at = long_ago});
    expect_equal(ids_of(scene.claim(2000)), ids, "jobs claimed");
}

} // namespace

Cases claim_cases() {
    return {
        {"a claim takes the lease and charges the attempt", takes_the_lease},
        {"a claimed job carries the data that its handler needs", gives_what_a_handler_needs},
        {"a claim returns how long the job has been due", returns_how_long_the_job_waited},
        {"a claimed job is not claimed again", takes_a_job_once},
        {"jobs are claimed by run_at, then by id", goes_by_run_at_then_id},
        {"the order continues across claims", keeps_the_order_across_claims},
        {"a claim takes no more than its limit", honours_the_limit},
        {"a claim serves its queues in the order given", serves_queues_in_order},
        {"a claim serves only its queues", takes_from_the_named_queues_only},
        {"a job is not claimed before its run_at", leaves_scheduled_jobs},
        {"a paused queue takes submits and is not claimed from",
         leaves_paused_queues,
         {.queue_control = true}},
        {"a pause does not affect running jobs",
         settles_in_a_paused_queue,
         {.queue_control = true}},
        {"a claim returns when the next job of its queues is due", returns_when_the_next_is_due},
        {"a partial claim returns when the next job is due", returns_it_after_a_partial_claim},
        {"next_due_in is empty when no job waits", next_due_is_empty_when_no_job_waits},
        {"next_due_in is empty for a paused queue",
         next_due_is_empty_for_paused_queues,
         {.queue_control = true}},
        {"every claim increments the attempt and the fence", counts_attempts_and_fences},
        {"the error of the last attempt stays visible until the job completes",
         shows_the_last_error_while_it_runs_again},
        {"a thousand jobs are claimed at once, in order", claims_a_large_batch},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
