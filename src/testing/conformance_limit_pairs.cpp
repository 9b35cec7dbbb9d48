#include "conformance_limit.hpp"

#include <set>

/// Changes of a job while it waits for a limit.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

/// One job runs, another waits for its slot.
struct Waiting {
    JobId running, waiting;
};

Waiting one_waits(Scene& scene, NewJob job = {},
                  const Limit& limit = {.name = "one", .concurrency = 1}) {
    scene.store().set_limit(limit);
    const auto running = scene.submit({.run_at = long_ago});
    const auto waiting = scene.submit(std::move(job));
    expect_equal(claimed_ids(scene, 10), {running}, "jobs claimed at first");
    return {running, waiting};
}

const Limit a_rate = {.name = "one", .rate = 1, .period = a_year};

/// The slot is free, or the rate admits the next job.
void make_room(Scene& scene, const Waiting& jobs) {
    complete(scene, jobs.running);
    if (scene.store().limits().front().rate == 0) return;
    scene.store().set_limit({.name = "one", .rate = 2, .period = a_year});
}

void replace(Scene& scene, std::optional<Timestamp> run_at, Duration delay = {}) {
    const auto job = scene.filled({.run_at = run_at,
                                   .delay = delay,
                                   .unique_key = "key",
                                   .on_conflict = OnConflict::replace});
    expect_equal(scene.store().submit({&job, 1}).front().outcome, Submitted::Outcome::replaced,
                 "outcome of a replacing submit");
}

void obeys_the_new_time_of(Scene& scene, const Limit& limit) {
    const auto jobs = one_waits(scene, {.unique_key = "key"}, limit);
    replace(scene, {}, an_hour);
    const auto before = scene.job(jobs.waiting);
    make_room(scene, jobs);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed before the new time");
    expect_same(scene.job(jobs.waiting), before, "of the replaced job");
    replace(scene, long_ago);
    expect_equal(claimed_ids(scene, 10), {jobs.waiting}, "jobs claimed at the new time");
}

void debounced(Scene& scene) { obeys_the_new_time_of(scene, {.name = "one", .concurrency = 1}); }
void debounced_under_a_rate(Scene& scene) { obeys_the_new_time_of(scene, a_rate); }

void debounced_and_still_waits(Scene& scene) {
    const auto jobs = one_waits(scene, {.unique_key = "key"});
    replace(scene, {}, Duration::zero());
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while the slot is taken");
    replace(scene, {}, Duration::zero());
    make_room(scene, jobs);
    expect_equal(claimed_ids(scene, 10), {jobs.waiting}, "jobs claimed once it is free");
}

void survives_a_pause_of(Scene& scene, const Limit& limit, Timestamp pause) {
    const auto jobs = one_waits(scene, {.unique_key = "key"}, limit);
    replace(scene, pause);
    make_room(scene, jobs);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while it is paused");
    expect_equal(scene.job(jobs.waiting).run_at, pause, "run_at of a paused job");
    replace(scene, long_ago);
    expect_equal(claimed_ids(scene, 10), {jobs.waiting}, "jobs claimed when it resumes");
}

constexpr Timestamp last_day{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
constexpr Timestamp last_moment = last_day + std::chrono::days{1} - Duration{1};

void paused(Scene& scene) {
    survives_a_pause_of(scene, {.name = "one", .concurrency = 1}, last_day);
}
void paused_under_a_rate(Scene& scene) { survives_a_pause_of(scene, a_rate, last_day); }
void paused_for_ever(Scene& scene) {
    survives_a_pause_of(scene, {.name = "one", .concurrency = 1}, last_moment);
}

/// The waiting job is restarted, and gets its slot without being admitted first; then `end` defers
/// it for an hour.
void sleeps_on(Scene& scene, const std::function<Settlement(const LeaseRef&)>& end) {
    const auto jobs = one_waits(scene);
    scene.store().cancel(jobs.waiting, {});
    scene.store().retry(jobs.waiting);
    make_room(scene, jobs);
    const auto again = scene.claim(10);
    expect_equal(ids_of(again), {jobs.waiting}, "jobs claimed after its restart");
    scene.accept(end(again[0].lease));
    const auto before = scene.job(jobs.waiting);
    const auto other = scene.submit();
    expect_equal(claimed_ids(scene, 10), {other}, "jobs claimed meanwhile");
    complete(scene, other);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed before its delay is over");
    scene.store().set_limit({.name = "one"});
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed after the limit was deleted");
    expect_same(scene.job(jobs.waiting), before, "of the released job");
}

void keeps_the_delay_of_a_retry(Scene& scene) {
    sleeps_on(scene, [](const LeaseRef& lease) {
        return Settlement::retried(lease, {.code = "E1", .message = "broken", .details = {}},
                                   an_hour);
    });
}

void keeps_the_delay_of_a_snooze(Scene& scene) {
    sleeps_on(scene, [](const LeaseRef& lease) { return Settlement::released(lease, an_hour); });
}

void keeps_the_delay_under_a_workers_limit(Scene& scene) {
    const std::vector<Limit> limits = {{.name = "mine", .concurrency = 1}};
    const std::vector<std::string> queues = {"default"};
    const auto claim = [&] {
        return scene.store()
            .claim({.worker = "worker 1",
                    .queues = queues,
                    .limit = 10,
                    .lease_for = long_lease,
                    .limits = limits})
            .claimed;
    };
    const auto first = scene.submit();
    const auto second = scene.submit({.unique_key = "key"});
    expect_equal(ids_of(claim()), {first}, "jobs claimed by a worker with a limit");
    replace(scene, long_ago);
    const auto elsewhere = scene.claim(10);
    expect_equal(ids_of(elsewhere), {second}, "jobs claimed by another");
    scene.accept(Settlement::released(elsewhere[0].lease, an_hour));
    complete(scene, first);
    expect_equal(ids_of(claim()), {}, "jobs claimed by the first while the other sleeps");
}

void ends_the_wait_when_cancelled(Scene& scene, const Limit& limit) {
    const auto jobs = one_waits(scene, {}, limit);
    const auto last = scene.submit();
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while they wait");
    scene.store().cancel(jobs.waiting, {});
    const auto cancelled = scene.job(jobs.waiting);
    make_room(scene, jobs);
    expect_equal(claimed_ids(scene, 10), {last}, "jobs claimed after the cancel");
    expect_same(scene.job(jobs.waiting), cancelled, "of the cancelled job");
}

void cancelled(Scene& scene) {
    ends_the_wait_when_cancelled(scene, {.name = "one", .concurrency = 1});
}
void cancelled_under_a_rate(Scene& scene) { ends_the_wait_when_cancelled(scene, a_rate); }

void submitted_again_with_its_id(Scene& scene) {
    const auto jobs = one_waits(scene);
    scene.store().cancel(jobs.waiting, {});
    scene.store().remove(jobs.waiting);
    scene.submit({.id = jobs.waiting, .delay = an_hour});
    make_room(scene, jobs);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed before the new one is due");
}

void keeps_priorities(Scene& scene) {
    const auto jobs = one_waits(scene);
    const auto high = scene.submit({.priority = 50});
    const auto middle = scene.submit({.priority = 20});
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while the slot is taken");
    const auto higher = scene.submit({.priority = 70});
    complete(scene, jobs.running);
    for (const auto& id : {higher, high, middle, jobs.waiting}) {
        expect_equal(claimed_ids(scene, 10), {id}, "the next one to start");
        complete(scene, id);
    }
}

void keeps_the_order_when_the_limit_is_deleted(Scene& scene, const Limit& limit) {
    const auto jobs = one_waits(scene, {}, limit);
    const auto high = scene.submit({.priority = 50});
    const auto later = scene.submit({.unique_key = "key"});
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while they wait");
    replace(scene, {}, an_hour);
    const auto before = scene.job(jobs.waiting);
    scene.store().set_limit({.name = limit.name});
    expect_same(scene.job(jobs.waiting), before, "of a job whose limit was deleted");
    expect_equal(claimed_ids(scene, 10), {high, jobs.waiting}, "jobs claimed without a limit");
    expect_equal(scene.status(later), JobStatus::pending, "the job that is due later");
}

void removed_limit(Scene& scene) {
    keeps_the_order_when_the_limit_is_deleted(scene, {.name = "one", .concurrency = 1});
}
void removed_rate(Scene& scene) { keeps_the_order_when_the_limit_is_deleted(scene, a_rate); }

void changed_to_count_otherwise(Scene& scene) {
    const auto jobs = one_waits(scene, {.owner = "ann"});
    const auto bob = scene.submit(2, {.owner = "bob"});
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while they wait");
    scene.store().set_limit({.name = "one", .scope = LimitScope::owner, .concurrency = 1});
    expect_equal(claimed_ids(scene, 10), {jobs.waiting, bob[0]}, "jobs claimed, one per owner");
    scene.store().set_limit({.name = "one", .queue = "other", .concurrency = 1});
    expect_equal(claimed_ids(scene, 10), {bob[1]}, "jobs claimed from a queue without a limit");
}

void passes_on_the_turn_of(Scene& scene, const std::function<void(const JobId&)>& end) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    const auto first = scene.submit({.owner = "ann", .run_at = long_ago});
    const auto next = scene.submit({.owner = "ann", .unique_key = "key"});
    const auto last = scene.submit({.owner = "ann"});
    const auto other = scene.submit({.owner = "bob"});
    expect_equal(claimed_ids(scene, 1), {first}, "the first one to start");
    expect_equal(claimed_ids(scene, 1), {other}, "the next one, of another owner");
    end(next);
    expect_equal(claimed_ids(scene, 10), {last}, "jobs claimed, their owner being next");
}

void debounced_at_its_turn(Scene& scene) {
    passes_on_the_turn_of(scene, [&](const JobId&) { replace(scene, {}, an_hour); });
}

void cancelled_at_its_turn(Scene& scene) {
    passes_on_the_turn_of(scene, [&](const JobId& id) { scene.store().cancel(id, {}); });
}

void children_wait(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto parent = scene.submit({.run_at = long_ago});
    const auto child = scene.submit({.after = {parent}});
    const auto other = scene.submit({.run_at = long_ago + an_hour});
    expect_equal(claimed_ids(scene, 10), {parent}, "jobs claimed at first");
    complete(scene, parent);
    expect_equal(claimed_ids(scene, 10), {other}, "jobs claimed while the child waits");
    scene.store().promote(10);
    const auto before = scene.job(child);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while the slot is taken");
    expect_same(scene.job(child), before, "of a child that waits for a limit");
    complete(scene, other);
    expect_equal(claimed_ids(scene, 10), {child}, "jobs claimed once it is free");
}

void blocked_children_take_no_place(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto parent = scene.submit({.delay = an_hour});
    const auto child = scene.submit({.after = {parent}});
    const auto other = scene.submit();
    expect_equal(claimed_ids(scene, 10), {other}, "jobs claimed");
    complete(scene, other);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while the child is blocked");
    scene.store().cancel(parent, {});
    scene.store().promote(10);
    expect_equal(scene.status(child), JobStatus::cancelled, "a child whose parent was cancelled");
}

} // namespace

Cases limit_pair_cases() {
    return {
        {"a job debounced while it waits for a limit starts at its new time", debounced},
        {"a job debounced while it waits for a rate starts at its new time",
         debounced_under_a_rate},
        {"a job debounced to now still waits for its limit", debounced_and_still_waits},
        {"a job paused while it waits for a limit resumes later", paused},
        {"a job paused while it waits for a rate resumes later", paused_under_a_rate},
        {"a job deferred indefinitely while it waits does not start", paused_for_ever},
        {"a limit does not end the delay of a retry", keeps_the_delay_of_a_retry},
        {"a limit does not end the delay of a snooze", keeps_the_delay_of_a_snooze},
        {"a worker's limit does not end the delay of another worker's job",
         keeps_the_delay_under_a_workers_limit},
        {"a job cancelled while it waits for a limit passes its slot to the next", cancelled},
        {"a job cancelled while it waits for a rate passes its start to the next",
         cancelled_under_a_rate},
        {"a job does not inherit the wait of a removed job with its id",
         submitted_again_with_its_id},
        {"jobs that wait for a limit keep their priorities", keeps_priorities},
        {"waiting jobs keep their order when the limit is deleted", removed_limit},
        {"waiting jobs keep their order when the rate is deleted", removed_rate},
        {"a limit with a changed scope applies to waiting jobs", changed_to_count_otherwise},
        {"an admitted job that is debounced passes its slot to the next", debounced_at_its_turn},
        {"an admitted job that is cancelled passes its slot to the next", cancelled_at_its_turn},
        {"an unblocked child waits for its limit", children_wait},
        {"a blocked child takes no slot of a limit", blocked_children_take_no_place},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
