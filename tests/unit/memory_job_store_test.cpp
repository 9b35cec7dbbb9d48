#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

using namespace std::chrono_literals;

/// A memory store with a clock that the test sets.
struct MemoryWithClock {
    Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    MemoryJobStore store{[this] { return now; }};
    std::uint64_t ids = 0;
    std::vector<std::string> queues = {"default"};

    JobId submit(NewJob job = {}) {
        job.id = JobId::make(now, 0, ++ids);
        job.type = "test";
        REQUIRE(store.submit({&job, 1}).front().outcome == Submitted::Outcome::created);
        return job.id;
    }

    Exchange claim(Duration lease_for = 30s) {
        return store.claim(
            {.worker = "worker", .queues = queues, .limit = 10, .lease_for = lease_for});
    }

    void complete(const ClaimedJob& job) {
        const auto settlement = Settlement::completed(job.lease, {});
        REQUIRE(store.settle({&settlement, 1}).front().accepted);
    }

    Job find(const JobId& id) { return store.find({&id, 1}).front().value(); }
};

TEST_CASE_FIXTURE(MemoryWithClock, "a scheduled job becomes due exactly at its time") {
    submit({.delay = 10s});
    now += 10s - 1us;
    const auto early = claim();
    CHECK(early.claimed.empty());
    CHECK(early.next_due_in == 1us);
    now += 1us;
    CHECK(claim().claimed.size() == 1);
}

TEST_CASE_FIXTURE(MemoryWithClock, "a scheduled job has its head start exactly at its time") {
    const auto urgent = submit({.priority = 1, .delay = 10s});
    now += 10s - 1us;
    const auto ordinary = submit();
    CHECK(store.workload("default", "test").waiting == 1);
    now += 1us;
    CHECK(store.workload("default", "test").waiting == 2);
    const auto claimed = claim().claimed;
    REQUIRE(claimed.size() == 2);
    CHECK(claimed[0].lease.id == urgent);
    CHECK(claimed[1].lease.id == ordinary);
}

TEST_CASE_FIXTURE(MemoryWithClock, "a head start is worth a minute a step") {
    const auto ordinary = submit();
    now += 3min;
    const auto too_late = submit({.priority = 2}), just_before = submit({.priority = 4});
    const auto claimed = claim().claimed;
    REQUIRE(claimed.size() == 3);
    CHECK(claimed[0].lease.id == just_before);
    CHECK(claimed[1].lease.id == ordinary);
    CHECK(claimed[2].lease.id == too_late);
}

TEST_CASE_FIXTURE(MemoryWithClock, "a lease expires exactly at its time") {
    const auto id = submit();
    claim(30s);
    now += 30s - 1us;
    CHECK(store.rescue(10, 3).empty());
    now += 1us;
    const auto rescued = store.rescue(10, 3);
    REQUIRE(rescued.size() == 1);
    CHECK(rescued[0].id == id);
}

TEST_CASE_FIXTURE(MemoryWithClock, "a renewed lease counts from the renewal") {
    submit();
    const Heartbeat heartbeat{claim(30s).claimed.at(0).lease, {}};
    now += 20s;
    REQUIRE(store.renew({&heartbeat, 1}, 30s).front().kept);
    now += 29s;
    CHECK(store.rescue(10, 3).empty());
    now += 1s;
    CHECK(store.rescue(10, 3).size() == 1);
}

TEST_CASE_FIXTURE(MemoryWithClock, "a finished job expires when its retention has passed") {
    const auto id = submit({.retention = 1h});
    complete(claim().claimed.at(0));
    now += 1h - 1us;
    CHECK(store.purge(10) == 0);
    now += 1us;
    CHECK(store.purge(10) == 1);
    CHECK(store.find({&id, 1}).front() == std::nullopt);
}

TEST_CASE_FIXTURE(MemoryWithClock, "a retried job is due after its delay") {
    submit();
    const auto settlement = Settlement::retried(claim().claimed.at(0).lease, {}, 5s);
    now += 1s;
    store.settle({&settlement, 1});
    CHECK(claim().next_due_in == 5s);
    now += 5s;
    CHECK(claim().claimed.size() == 1);
}

TEST_CASE_FIXTURE(MemoryWithClock, "every time in a record is the store's") {
    const auto id = submit();
    const auto created = now;
    now += 1s;
    const auto job = claim(30s).claimed.at(0);
    const auto started = now;
    now += 2s;
    complete(job);
    const auto found = find(id);
    CHECK(found.created_at == created);
    CHECK(found.run_at == created);
    CHECK(found.started_at == started);
    CHECK(found.finished_at == started + 2s);
    CHECK(found.updated_at == started + 2s);
}

TEST_CASE_FIXTURE(MemoryWithClock, "a tombstone stays for the job's retention once more") {
    const auto id = submit({.owner = "ann", .retention = 1h});
    complete(claim().claimed.at(0));
    now += 1h;
    REQUIRE(store.purge(10) == 1);
    now += 1h - 1us;
    CHECK(store.tombstone_owner(id) == "ann");
    now += 1us;
    CHECK_FALSE(store.tombstone_owner(id));
}

TEST_CASE_FIXTURE(MemoryWithClock,
                  "the tombstone of a later job with the id stays for its own time") {
    NewJob job{.owner = "ann", .retention = 1h};
    const auto id = submit(job);
    complete(claim().claimed.at(0));
    now += 1h;
    store.purge(10);
    job.id = id;
    job.type = "test";
    job.owner = "bob";
    store.submit({&job, 1});
    complete(claim().claimed.at(0));
    now += 1h;
    REQUIRE(store.purge(10) == 1);
    now += 30min;
    CHECK(store.tombstone_owner(id) == "bob");
}

TEST_CASE_FIXTURE(MemoryWithClock, "the typical run is the mean of the last twenty") {
    const auto run_for = [&](Duration run) {
        submit();
        const auto job = claim(10h).claimed.at(0);
        now += run;
        complete(job);
    };
    run_for(1s);
    run_for(3s);
    CHECK(store.workload("default", "test").typical_run == 2s);
    for (int i = 0; i < 20; ++i) run_for(7s);
    CHECK(store.workload("default", "test").typical_run == 7s);
}

TEST_CASE("a memory store uses the system clock by default") {
    MemoryJobStore store;
    const NewJob job{.id = JobId::make({}, 0, 1), .type = "test"};
    const auto before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    const auto created = store.submit({&job, 1}).front().created_at;
    const auto after = std::chrono::system_clock::now();
    CHECK(created >= before);
    CHECK(created <= after);
}

TEST_CASE_FIXTURE(MemoryWithClock,
                  "a job that waited for one worker and runs on another is not admitted again") {
    const std::vector<Limit> limits = {{.name = "mine", .concurrency = 1}};
    const auto claim_as_first = [&] {
        return store
            .claim({.worker = "first",
                    .queues = queues,
                    .limit = 10,
                    .lease_for = 1h,
                    .limits = limits})
            .claimed;
    };
    submit();
    const auto waiting = submit();
    const auto first = claim_as_first();
    REQUIRE(first.size() == 1);
    now += 1min;
    const auto second = claim(1h).claimed;
    REQUIRE(second.size() == 1);
    CHECK(second[0].lease.id == waiting);
    complete(first[0]);
    CHECK(claim_as_first().empty());
    CHECK(find(waiting).status == JobStatus::processing);
    complete(second[0]);
}

TEST_CASE_FIXTURE(MemoryWithClock,
                  "a slot reserved for a job that is not next passes to the next") {
    store.set_limit({.name = "one", .scope = LimitScope::key, .concurrency = 1});
    store.set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    submit({.owner = "ann", .limit_key = "k"});
    const auto first = claim().claimed;
    REQUIRE(first.size() == 1);
    now += 1s;
    const auto offered = submit({.owner = "ann", .limit_key = "k"});
    const auto next = submit({.owner = "bob", .limit_key = "k"});
    CHECK(claim().throttled.size() == 2);
    now += 1s;
    submit({.owner = "ann"});
    REQUIRE(claim().claimed.size() == 1);
    now += 1s;
    complete(first[0]);
    const auto second = claim().claimed;
    REQUIRE(second.size() == 1);
    CHECK(second[0].lease.id == next);
    store.cancel(offered, {});
    complete(second[0]);
    const auto last = submit({.owner = "cid", .limit_key = "k"});
    const auto third = claim().claimed;
    REQUIRE(third.size() == 1);
    CHECK(third[0].lease.id == last);
}

TEST_CASE_FIXTURE(MemoryWithClock,
                  "a job that waits for an executor's own limit is due for others 15 s later, "
                  "though that executor was admitted to it and claimed others") {
    const Limit own[] = {{.name = "own", .type = "test", .concurrency = 1}};
    const std::vector<std::string> both = {"first", "default"};
    const auto claim_under = [&](std::size_t limit, std::span<const Settlement> settlements) {
        return store.exchange(settlements,
                              {.worker = "worker", .queues = both, .limit = limit, .limits = own});
    };
    submit();
    submit();
    const auto started = claim_under(10, {}).claimed;
    REQUIRE(started.size() == 1);
    submit({.queue = "first"});
    const auto released = Settlement::released(started[0].lease);
    REQUIRE(claim_under(1, {&released, 1}).claimed.size() == 1);
    now += 15s;
    CHECK(claim().claimed.size() == 2);
}

} // namespace
