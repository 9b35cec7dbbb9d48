#include "conformance_limit.hpp"

#include <array>

/// Cases in which the store's clock is set back.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr Duration a_moment = std::chrono::seconds{1};
constexpr Duration a_while = std::chrono::seconds{10};
constexpr Duration a_month = std::chrono::days{30};

/// Several objects on the same data that have seen the earlier clock.
class Sweepers {
public:
    explicit Sweepers(Scene& scene) {
        for (auto& store : stores_) store = scene.open();
        expect_equal(rescue(), 0, "expired leases at first");
    }
    /// Through all of them, one after the other; returns the number of jobs.
    std::size_t rescue() {
        std::size_t rescued = 0;
        for (const auto& store : stores_) rescued += store->rescue(10, many_crashes).size();
        return rescued;
    }

private:
    std::array<std::unique_ptr<JobStore>, 4> stores_;
};

/// Runs a sweep, because a store may need one to notice it.
void set_back(Scene& scene, Duration by) {
    scene.move_clock(-by);
    expect_equal(scene.store().rescue(10, many_crashes).size(), 0, "expired leases");
}

void keeps_due_what_was_due(Scene& scene, Duration by) {
    std::vector<JobId> ids;
    for (int i = 0; i < 3; ++i, scene.move_clock(a_moment)) ids.push_back(scene.submit());
    const auto urgent = scene.submit({.priority = 50});
    const auto elsewhere = scene.submit({.queue = "elsewhere", .run_at = long_ago});
    set_back(scene, by);
    const auto late = scene.submit();
    expect(scene.job(ids[0]).updated_at <= scene.job(late).created_at,
           "an old job's last change not to lie in the future");
    expect_equal(claimed_ids(scene, 10), {urgent, ids[0], ids[1], ids[2], late}, "jobs claimed");
    expect_equal(claimed_ids(scene, 10, {"elsewhere"}), {elsewhere}, "jobs of another queue");
}

void keeps_waits_as_long_as_they_were(Scene& scene, Duration by) {
    const auto retried = scene.running(), released = scene.running();
    scene.accept(Settlement::retried(retried.lease, {.code = "E1"}, a_while));
    scene.accept(Settlement::released(released.lease, a_while));
    scene.move_clock(a_moment);
    const auto delayed = scene.submit({.delay = a_while});
    scene.move_clock(a_moment);
    set_back(scene, by);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed too early");
    scene.move_clock(a_while);
    expect_equal(claimed_ids(scene, 10), {retried.lease.id, released.lease.id, delayed},
                 "jobs claimed after their wait");
}

/// For times that may have been requested.
void keeps_ends_of_long_waits(Scene& scene, Duration by) {
    const auto id = scene.submit({.delay = by + an_hour});
    const auto run_at = scene.job(id).run_at;
    set_back(scene, by);
    expect(scene.job(id).run_at == run_at, "the run_at of the job not to change");
    scene.move_clock(by + an_hour);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed before that time");
    scene.move_clock(by);
    expect_equal(claimed_ids(scene, 10), {id}, "jobs claimed at that time");
}

void keeps_leases_as_long_as_they_were(Scene& scene, Duration by) {
    const auto old = scene.running({.queue = "old"});
    scene.move_clock(by + an_hour);
    expect(scene.renew(old.lease).kept, "the old lease to be kept");
    const auto fresh = scene.running({.queue = "fresh"});
    const auto alive = scene.running({.queue = "alive"});
    scene.move_clock(a_moment);
    set_back(scene, by);
    expect_equal(scene.store().rescue(10, many_crashes).size(), 0, "expired leases");
    expect(scene.renew(alive.lease, {}, an_hour).kept, "a lease to be renewed");
    scene.move_clock(long_lease);
    expect_equal(scene.store().rescue(10, many_crashes).size(), 2, "expired leases at last");
    expect_equal(scene.status(old.lease.id), JobStatus::pending, "status of the renewed one");
    expect_equal(scene.status(fresh.lease.id), JobStatus::pending, "status of the fresh one");
    expect_equal(claimed_ids(scene, 10, {"old", "fresh"}), {old.lease.id, fresh.lease.id},
                 "jobs claimed again");
    scene.accept(Settlement::completed(alive.lease, JsonText()));
}

/// Neither other sweeps nor times already moved back shorten a lease that was renewed, whether it
/// is shorter or longer than the step back.
void keeps_leases_of_workers_that_live(Scene& scene, Duration by) {
    const auto job = scene.running();
    const auto of_long_leases = scene.running({.queue = "other"}, 3 * an_hour);
    Sweepers sweepers(scene);
    scene.move_clock(an_hour);
    expect(scene.renew(job.lease).kept, "a lease to be renewed before the clock was set back");
    scene.move_clock(a_moment);
    scene.move_clock(-by);
    for (int i = 0; i < 3; ++i) {
        expect(scene.renew(job.lease).kept, "the lease to be renewed");
        expect_equal(sweepers.rescue(), 0, "jobs taken from live workers");
        scene.move_clock(long_lease - a_moment);
        expect_equal(sweepers.rescue(), 0, "jobs taken before their leases expired");
    }
    scene.accept(Settlement::completed(job.lease, JsonText()));
    scene.accept(Settlement::completed(of_long_leases.lease, JsonText()));
}

void rescues_jobs_of_lost_workers_within_a_lease(Scene& scene, Duration by) {
    const auto renewed = scene.running();
    Sweepers sweepers(scene);
    scene.move_clock(by + an_hour);
    expect(scene.renew(renewed.lease).kept, "a lease to be renewed");
    const auto fresh = scene.running();
    scene.move_clock(a_moment);
    scene.move_clock(-by);
    expect_equal(sweepers.rescue(), 0, "expired leases");
    scene.move_clock(long_lease);
    expect_equal(sweepers.rescue(), 2, "jobs rescued a lease later");
    expect_equal(claimed_ids(scene, 10), {renewed.lease.id, fresh.lease.id}, "jobs claimed again");
}

/// By less than a lease.
void keeps_leases_while_the_clock_goes_forth_and_back(Scene& scene) {
    const auto job = scene.running();
    Sweepers sweepers(scene);
    scene.move_clock(an_hour);
    expect(scene.renew(job.lease).kept, "a lease to be renewed");
    for (int i = 0; i < 5; ++i) {
        for (const Duration by : {long_lease - a_moment, a_moment - long_lease}) {
            scene.move_clock(by);
            expect_equal(sweepers.rescue(), 0, "jobs taken before their leases expired");
        }
    }
    scene.accept(Settlement::completed(job.lease, JsonText()));
}

void keeps_retention_as_long_as_it_was(Scene& scene, Duration by) {
    const auto finished = scene.completed({.owner = "ann", .retention = an_hour});
    scene.move_clock(a_moment);
    set_back(scene, by);
    expect_equal(scene.store().purge(10), 0, "jobs purged too early");
    scene.move_clock(an_hour);
    expect_equal(scene.store().purge(10), 1, "jobs purged after their retention");
    expect(!scene.find(finished), "the job not to exist");
}

void keeps_the_places_of_those_that_wait_for_a_limit(Scene& scene, Duration by) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(3);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed at first");
    scene.move_clock(a_moment);
    set_back(scene, by);
    const auto late = scene.submit();
    for (const auto& [done, next] :
         {std::pair{ids[0], ids[1]}, std::pair{ids[1], ids[2]}, std::pair{ids[2], late}}) {
        complete(scene, done);
        expect_equal(claimed_ids(scene, 10), {next}, "the next one to start");
    }
}

void keeps_deadlines(Scene& scene, Duration by) {
    const auto id = scene.submit({.start_within = a_while});
    scene.move_clock(a_moment);
    set_back(scene, by);
    const auto job = scene.claim_one();
    expect(job.lease.id == id && job.start_within && *job.start_within <= a_while,
           "the deadline to be as close as before");
}

void unblocks_blocked_jobs(Scene& scene, Duration by) {
    const auto parent = scene.running();
    const auto child = scene.submit({.after = {parent.lease.id}});
    scene.move_clock(a_moment);
    set_back(scene, by);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while they are blocked");
    scene.accept(Settlement::completed(parent.lease, JsonText()));
    expect_equal(scene.store().promote(10).size(), 1, "jobs unblocked");
    expect_equal(claimed_ids(scene, 10), {child}, "jobs claimed after their parent");
}

void is_seen_by_an_object_that_is_opened_later(Scene& scene, Duration by) {
    const auto id = scene.submit();
    const auto lease = scene.running({.queue = "other"}).lease;
    scene.move_clock(-by);
    const auto later = scene.open();
    later->rescue(10, many_crashes);
    const std::vector<std::string> queues = {"default"};
    const auto claimed =
        later->claim({.worker = "w", .queues = queues, .limit = 10, .lease_for = long_lease});
    expect_equal(ids_of(claimed.claimed), {id}, "jobs claimed through it");
    scene.move_clock(long_lease);
    later->rescue(10, many_crashes);
    expect_equal(scene.status(lease.id), JobStatus::pending, "status of the job of a lost worker");
}

void is_followed_once(Scene& scene, Duration by) {
    const auto delayed = scene.submit({.delay = a_while});
    const auto other = scene.open();
    other->rescue(10, many_crashes);
    set_back(scene, by);
    for (int i = 0; i < 3; ++i) {
        other->rescue(10, many_crashes);
        scene.store().rescue(10, many_crashes);
    }
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed too early");
    scene.move_clock(a_while);
    expect_equal(claimed_ids(scene, 10), {delayed}, "jobs claimed after their wait");
}

template <void (*act)(Scene&, Duration)>
void seconds(Scene& scene) {
    act(scene, 2 * a_while);
}
template <void (*act)(Scene&, Duration)>
void two_hours(Scene& scene) {
    act(scene, 2 * an_hour);
}
template <void (*act)(Scene&, Duration)>
void month(Scene& scene) {
    act(scene, a_month);
}

} // namespace

#define ASYNCJOBS_SET_BACK(name, act, needs)                                                       \
    {name " when the clock was set back by 20 seconds", seconds<act>, needs},                      \
        {name " when the clock was set back by two hours", two_hours<act>, needs}, {               \
        name " when the clock was set back by a month", month<act>, needs                          \
    }

Cases set_back_cases() {
    return {
        ASYNCJOBS_SET_BACK("due jobs stay due, in order", keeps_due_what_was_due, {}),
        ASYNCJOBS_SET_BACK("waits keep their length", keeps_waits_as_long_as_they_were, {}),
        ASYNCJOBS_SET_BACK("a longer wait ends at its original time", keeps_ends_of_long_waits, {}),
        ASYNCJOBS_SET_BACK("leases expire at their original time",
                           keeps_leases_as_long_as_they_were, {}),
        ASYNCJOBS_SET_BACK("live workers keep their leases with any number of sweepers",
                           keeps_leases_of_workers_that_live, {}),
        ASYNCJOBS_SET_BACK("jobs of lost workers are rescued within a lease",
                           rescues_jobs_of_lost_workers_within_a_lease, {}),
        {"a lease is kept while the clock moves by less than its length",
         keeps_leases_while_the_clock_goes_forth_and_back},
        ASYNCJOBS_SET_BACK("finished jobs are kept no longer than their retention",
                           keeps_retention_as_long_as_it_was, {}),
        ASYNCJOBS_SET_BACK("jobs that wait for a limit keep their places",
                           keeps_the_places_of_those_that_wait_for_a_limit, {.limits = true}),
        ASYNCJOBS_SET_BACK("deadlines keep their distance", keeps_deadlines, {}),
        ASYNCJOBS_SET_BACK("blocked jobs are unblocked", unblocks_blocked_jobs,
                           {.dependencies = true}),
        ASYNCJOBS_SET_BACK("an object opened later notices it",
                           is_seen_by_an_object_that_is_opened_later, {}),
        ASYNCJOBS_SET_BACK("two objects move times back only once", is_followed_once, {}),
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
