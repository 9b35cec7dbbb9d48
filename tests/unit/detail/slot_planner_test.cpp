#include <asyncjobs/detail/slot_planner.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace asyncjobs;
using namespace std::chrono_literals;
using asyncjobs::detail::HandlerKind;
using asyncjobs::detail::SlotPlanner;
using asyncjobs::detail::SuspectPlan;

namespace {

constexpr SteadyTime planner_start{Duration{1h}};

std::uint64_t no_randomness() { return 0; }

std::shared_ptr<detail::Attempt> planned_attempt(int number = 0) {
    ClaimedJob job;
    job.lease.fence = number;
    return std::make_shared<detail::Attempt>(std::move(job), planner_start);
}

/// What an executor has, reached by the calls that it makes.
struct PlannerState {
    unsigned concurrency = 4;
    unsigned threads = 0; ///< 0: as many as slots
    bool blocking = true; ///< handlers
    bool async = false;
    std::size_t running_blocking = 0;
    std::size_t running_async = 0;
    std::size_t starting = 0; ///< threads on their way to a ready job
    std::size_t ready = 0;    ///< includes those of `starting`
    std::size_t ready_async = 0;
    Duration mean = {}; ///< of the runs so far; 0: none
    std::size_t async_in_a_row = 0;

    SlotPlanner planner() const {
        SlotPlanner planner(ExecutorOptions{.concurrency = concurrency, .threads = threads});
        if (blocking) planner.add_handler(HandlerKind::blocking);
        if (async) planner.add_handler(HandlerKind::async);
        planner.open();
        const auto kind = blocking ? HandlerKind::blocking : HandlerKind::async;
        if (mean > Duration::zero()) planner.ran(kind, mean);
        for (std::size_t i = 0; i < running_blocking; ++i) {
            add(planner, HandlerKind::blocking);
            REQUIRE(planner.plan_start().threads == 1);
            planner.thread_began();
            REQUIRE(planner.next_for_thread(planner_start));
        }
        for (std::size_t i = 0; i < running_async; ++i) {
            add(planner, HandlerKind::async);
            REQUIRE(planner.next_async(planner_start));
        }
        for (std::size_t i = 0; i < async_in_a_row; ++i)
            planner.claimed(HandlerKind::async, "default");
        for (std::size_t i = 0; i < ready; ++i) {
            add(planner, HandlerKind::blocking);
            if (i + 1 == starting) REQUIRE(planner.plan_start().threads == starting);
        }
        for (std::size_t i = 0; i < ready_async; ++i) add(planner, HandlerKind::async);
        return planner;
    }

    static void add(SlotPlanner& planner, HandlerKind kind) {
        planner.add_ready(kind, planned_attempt(), planner_start);
    }
};

struct ClaimCase {
    const char* name;
    PlannerState state;
    std::size_t limit;
    bool ahead = false;
};

const ClaimCase claim_cases[] = {
    {"all slots are free", {}, 4},
    {"some run", {.running_blocking = 3}, 1},
    {"all run", {.running_blocking = 4}, 0},
    {"a ready job has a slot reserved", {.ready = 1}, 3},
    {"a thread on its way to a ready job counts once", {.starting = 1, .ready = 1}, 3},
    {"fewer threads than slots", {.threads = 2}, 2},
    {"more threads than slots", {.threads = 9}, 4},
    {"all threads are busy", {.threads = 2, .running_blocking = 2}, 0},

    {"short jobs, ahead", {.mean = 1ms}, 4 + 80, true},
    {"short jobs, ahead of busy slots", {.running_blocking = 4, .mean = 1ms}, 80, true},
    {"short jobs, with some ready", {.running_blocking = 4, .ready = 30, .mean = 1ms}, 50, true},
    {"long jobs, not ahead", {.running_blocking = 1, .mean = 1s}, 3},
    {"ahead of the scarcer threads", {.threads = 2, .mean = 1ms}, 2 + 40, true},
    {"never more ahead than the limit", {.mean = 1us}, 4 + 1000, true},

    {"asynchronous only", {.blocking = false, .async = true}, 4},
    {"asynchronous only, threads do not count",
     {.threads = 1, .blocking = false, .async = true, .running_async = 1},
     3},
    {"asynchronous only, ready ones count",
     {.blocking = false, .async = true, .running_async = 1, .ready_async = 2},
     1},
    {"asynchronous only, short, ahead", {.blocking = false, .async = true, .mean = 1ms}, 84, true},

    {"both kinds, as many as threads", {.threads = 2, .async = true}, 2},
    {"both kinds, asynchronous jobs take no thread",
     {.threads = 2, .async = true, .running_async = 1},
     2},
    {"both kinds, asynchronous jobs take slots",
     {.threads = 2, .async = true, .running_async = 3},
     1},
    {"both kinds, threads busy, one job that may need none",
     {.threads = 2, .async = true, .running_blocking = 2},
     1,
     true},
    {"both kinds, threads busy, more after a row of asynchronous jobs",
     {.concurrency = 8, .threads = 2, .async = true, .running_blocking = 2, .async_in_a_row = 3},
     4,
     true},
    {"both kinds, threads busy, no more than slots",
     {.threads = 2, .async = true, .running_blocking = 2, .async_in_a_row = 9},
     2,
     true},
    {"both kinds, threads busy and a job waits for one",
     {.threads = 2, .async = true, .running_blocking = 2, .ready = 1},
     0},
    {"both kinds, threads and slots busy",
     {.threads = 2, .async = true, .running_blocking = 2, .running_async = 2},
     0},
};

TEST_CASE("a claim takes what slots, threads and short jobs leave room for") {
    for (const auto& one : claim_cases) {
        CAPTURE(one.name);
        auto planner = one.state.planner();
        CHECK(planner.claimable(planner_start) == one.limit);
        const auto claim = planner.plan_claim(planner_start, no_randomness);
        CHECK(claim.limit == one.limit);
        CHECK(claim.ahead == one.ahead);
        CHECK(claim.queues.empty() == (one.limit == 0));
        CHECK(planner.may_claim() == (one.limit == 0)); // only a claim takes the note
    }
}

struct StartCase {
    const char* name;
    PlannerState state;
    std::size_t threads;
    bool async = false;
};

const StartCase start_cases[] = {
    {"nothing is ready", {}, 0},
    {"a thread for each ready job", {.ready = 3}, 3},
    {"no more threads than slots", {.ready = 9}, 4},
    {"no more than threads", {.threads = 2, .ready = 9}, 2},
    {"slots in use", {.running_blocking = 3, .ready = 9}, 1},
    {"some are on their way", {.starting = 2, .ready = 3}, 1},
    {"enough are on their way", {.starting = 2, .ready = 2}, 0},
    {"an asynchronous job", {.async = true, .ready_async = 1}, 0, true},
    {"no slot for an asynchronous job",
     {.async = true, .running_blocking = 4, .ready_async = 1},
     0,
     false},
    {"no thread, but a slot for an asynchronous job",
     {.threads = 2, .async = true, .running_blocking = 2, .ready = 1, .ready_async = 1},
     0,
     true},
    {"asynchronous jobs come first when slots are short",
     {.async = true, .ready = 4, .ready_async = 3},
     1,
     true},
};

TEST_CASE("ready jobs start as slots and threads allow") {
    for (const auto& one : start_cases) {
        CAPTURE(one.name);
        auto planner = one.state.planner();
        const auto start = planner.plan_start();
        CHECK(start.threads == one.threads);
        CHECK(start.async == one.async);
        const auto again = planner.plan_start();
        CHECK(again.threads == 0);
        CHECK_FALSE(again.async);
    }
}

struct BatchingCase {
    const char* name;
    PlannerState state;
    bool is_batching;
};

const BatchingCase batching_cases[] = {
    {"nothing is ready", {}, false},
    {"long jobs wait for a thread", {.running_blocking = 4, .ready = 1, .mean = 1s}, false},
    {"a thread is on its way to a ready job", {.starting = 1, .ready = 1}, true},
    {"most short jobs are still ready", {.running_blocking = 4, .ready = 41, .mean = 1ms}, true},
    {"half of the short jobs are gone", {.running_blocking = 4, .ready = 40, .mean = 1ms}, false},
};

TEST_CASE("an exchange waits while many jobs are about to start") {
    for (const auto& one : batching_cases) {
        CAPTURE(one.name);
        CHECK(one.state.planner().is_batching() == one.is_batching);
    }
}

TEST_CASE("an exchange waits while a thread starts asynchronous jobs, until none is ready") {
    auto planner = PlannerState{.blocking = false, .async = true, .ready_async = 1}.planner();
    CHECK_FALSE(planner.is_batching());
    REQUIRE(planner.plan_start().async);
    CHECK(planner.is_batching());
    CHECK(planner.next_async(planner_start));
    CHECK_FALSE(planner.is_batching());
    CHECK_FALSE(planner.next_async(planner_start));
    PlannerState::add(planner, HandlerKind::async);
    CHECK(planner.plan_start().async); // the thread has left
}

TEST_CASE("nothing is claimed before the executor opens or after it closes") {
    SlotPlanner planner(ExecutorOptions{.concurrency = 2});
    planner.add_handler(HandlerKind::blocking);
    CHECK(planner.claimable(planner_start) == 0);
    planner.open();
    CHECK(planner.claimable(planner_start) == 2);
    planner.add_ready(HandlerKind::blocking, planned_attempt(1), planner_start);
    planner.add_ready(HandlerKind::async, planned_attempt(2), planner_start);
    const auto taken = planner.close();
    REQUIRE(taken.size() == 2);
    CHECK(taken[0]->lease().fence == 1);
    CHECK(taken[1]->lease().fence == 2);
    CHECK(planner.claimable(planner_start) == 0);
    CHECK(planner.plan_start().threads == 0);
}

TEST_CASE("while quiet, nothing is claimed, and ready jobs start") {
    auto planner = PlannerState{.mean = 1ms}.planner();
    planner.plan_claim(planner_start, no_randomness);
    PlannerState::add(planner, HandlerKind::blocking);
    planner.set_quiet(true);
    CHECK(planner.claimable(planner_start) == 0);
    CHECK(planner.plan_claim(planner_start, no_randomness).limit == 0);
    CHECK(planner.plan_start().threads == 1);
    planner.thread_began();
    CHECK(planner.next_for_thread(planner_start));
    CHECK(planner.running() == 1);
    planner.set_quiet(false);
    CHECK(planner.may_claim());
    CHECK(planner.claimable(planner_start) > 0);
}

TEST_CASE("a thread takes ready jobs in order, and frees its slot when none is left") {
    auto planner = PlannerState{.concurrency = 1}.planner();
    for (const int number : {1, 2})
        planner.add_ready(HandlerKind::blocking, planned_attempt(number), planner_start);
    REQUIRE(planner.plan_start().threads == 1);
    planner.thread_began();
    for (const int number : {1, 2}) {
        const auto attempt = planner.next_for_thread(planner_start);
        REQUIRE(attempt);
        CHECK(attempt->lease().fence == number);
        CHECK(planner.claimable(planner_start) == 0);
        planner.thread_returned(false);
    }
    CHECK_FALSE(planner.next_for_thread(planner_start));
    CHECK(planner.claimable(planner_start) == 1);
}

TEST_CASE("a thread leaves its slot to asynchronous jobs when slots are short") {
    auto planner =
        PlannerState{.concurrency = 1, .async = true, .running_blocking = 1, .ready = 1}.planner();
    PlannerState::add(planner, HandlerKind::async);
    planner.thread_returned(false);
    CHECK_FALSE(planner.next_for_thread(planner_start));
    CHECK(planner.plan_start().async);
    CHECK(planner.next_async(planner_start));
}

TEST_CASE("a lower concurrency takes effect as jobs end") {
    auto planner = PlannerState{.concurrency = 2, .running_blocking = 2, .ready = 2}.planner();
    planner.set_concurrency(1);
    CHECK(planner.threads() == 1);
    planner.thread_returned(false);
    CHECK_FALSE(planner.next_for_thread(planner_start)); // the first of two to end
    planner.thread_returned(false);
    CHECK(planner.next_for_thread(planner_start));
}

TEST_CASE("a handler that is given up frees its slot, and keeps its thread until it returns") {
    auto planner = PlannerState{.concurrency = 1, .running_blocking = 1}.planner();
    planner.abandon(HandlerKind::blocking);
    CHECK(planner.threads() == 2);
    CHECK(planner.claimable(planner_start) == 1);
    planner.thread_returned(true);
    CHECK(planner.threads() == 1);
    CHECK(planner.claimable(planner_start) == 1);
}

TEST_CASE("an asynchronous handler that is given up frees its slot only") {
    auto planner =
        PlannerState{.concurrency = 1, .blocking = false, .async = true, .running_async = 1}
            .planner();
    planner.abandon(HandlerKind::async);
    CHECK(planner.threads() == 1);
    CHECK(planner.claimable(planner_start) == 1);
}

TEST_CASE("jobs that wait too long for a slot are released, and keep their places") {
    auto planner = PlannerState{.running_blocking = 4, .ready = 2, .mean = 1ms}.planner();
    CHECK(planner.take_overdue(planner_start + 499ms, no_randomness).empty());
    const auto released = planner.take_overdue(planner_start + 500ms, no_randomness);
    REQUIRE(released.size() == 2);
    CHECK(released[0].delay == 0ms);
    CHECK(planner.claimable(planner_start + 500ms) == 0); // no job is claimed ahead any more
}

TEST_CASE("jobs that wait for a thread are released behind others that may need none") {
    auto planner =
        PlannerState{.threads = 1, .async = true, .running_blocking = 1, .ready = 1}.planner();
    const auto later = planner_start + 500ms;
    const auto released = planner.take_overdue(later, no_randomness);
    REQUIRE(released.size() == 1);
    CHECK(released[0].delay == detail::end_of_queue);

    // Claims pause for a poll, nine tenths of it at least, or until something happens.
    CHECK(planner.claimable(later + 899ms) == 0);
    CHECK(planner.claimable(later + 900ms) == 1);
    CHECK(planner.jobs_are_due("default"));
    CHECK(planner.claimable(later) == 1);
}

TEST_CASE("a hint for a queue whose latest job blocked does not end a pause of claims") {
    auto planner = PlannerState{.threads = 1, .async = true, .running_blocking = 1}.planner();
    planner.claimed(HandlerKind::blocking, "default");
    PlannerState::add(planner, HandlerKind::blocking);
    const auto later = planner_start + 500ms;
    REQUIRE(planner.take_overdue(later, no_randomness).size() == 1);
    CHECK(planner.jobs_are_due("default"));
    CHECK(planner.claimable(later) == 0);
    SUBCASE("a thread that returns does") {
        planner.thread_returned(false);
        CHECK(planner.claimable(later) == 1);
    }
    SUBCASE("a poll does") {
        planner.poll();
        CHECK(planner.claimable(later) == 1);
    }
    SUBCASE("its end does, and claims are due") {
        planner.plan_claim(later + 900ms, no_randomness);
        REQUIRE_FALSE(planner.may_claim());
        CHECK(planner.take_overdue(later + 900ms, no_randomness).empty());
        CHECK(planner.may_claim());
    }
}

TEST_CASE("a hint for a queue that is not served is ignored") {
    auto planner = PlannerState{}.planner();
    planner.plan_claim(planner_start, no_randomness);
    CHECK_FALSE(planner.jobs_are_due("other"));
    CHECK_FALSE(planner.may_claim());
    CHECK(planner.jobs_are_due("default"));
    CHECK(planner.may_claim());
}

TEST_CASE("while all threads are busy, queues of blocking jobs are asked last") {
    SlotPlanner planner(
        ExecutorOptions{.queues = {"blocking", "async", "new"}, .concurrency = 4, .threads = 1});
    planner.add_handler(HandlerKind::blocking);
    planner.add_handler(HandlerKind::async);
    planner.open();
    planner.claimed(HandlerKind::blocking, "blocking");
    planner.claimed(HandlerKind::blocking, "async");
    planner.claimed(HandlerKind::async, "async");
    using QueueNames = std::vector<std::string>;
    CHECK(planner.plan_claim(planner_start, no_randomness).queues ==
          QueueNames{"blocking", "async", "new"});
    PlannerState::add(planner, HandlerKind::blocking);
    REQUIRE(planner.plan_start().threads == 1);
    planner.thread_began();
    REQUIRE(planner.next_for_thread(planner_start));
    CHECK(planner.plan_claim(planner_start, no_randomness).queues ==
          QueueNames{"async", "new", "blocking"});
}

TEST_CASE("a job is a suspect if one more lost worker would quarantine it") {
    const SlotPlanner planner(ExecutorOptions{.concurrency = 1, .crash_limit = 3});
    ClaimedJob job;
    for (const int crashes : {0, 1, 2, 3}) {
        job.crashes = crashes;
        CHECK(planner.is_suspect(job) == (crashes >= 2));
    }
    const SlotPlanner strict(ExecutorOptions{.concurrency = 1, .crash_limit = 1});
    job.crashes = 0;
    CHECK_FALSE(strict.is_suspect(job));
}

TEST_CASE("a suspect runs alone among suspects") {
    using Delays = std::vector<std::optional<Duration>>;
    struct Case {
        std::size_t claimed;
        bool one_is_live;
        Delays delays;
    };
    const Case cases[] = {
        {1, false, {std::nullopt}},
        {1, true, {1s}},
        {2, false, {0s, 1s}},
        {3, true, {1s, 1s, 1s}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.claimed);
        CAPTURE(one.one_is_live);
        SuspectPlan plan(one.claimed, one.one_is_live);
        for (const auto& delay : one.delays) CHECK(plan.release_next() == delay);
    }
}

} // namespace
