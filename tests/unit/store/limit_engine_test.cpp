#include <asyncjobs/store/limit_engine.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace asyncjobs;

namespace {

using namespace std::chrono_literals;

/// The engine over the rows of a memory store, whose clock stands still unless a test moves it.
struct ClaimsUnderLimits {
    Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    MemoryJobStore store{[this] { return now; }};
    std::uint64_t ids = 0;
    std::vector<std::string> queues = {"default", "other"};

    JobId submit(NewJob job) {
        job.id = JobId::make(now, 0, ++ids);
        REQUIRE(store.submit({&job, 1}).front().outcome == Submitted::Outcome::created);
        return job.id;
    }
    Exchange claim(std::size_t limit) {
        return store.claim({.worker = "worker", .queues = queues, .limit = limit});
    }
};

TEST_CASE_FIXTURE(ClaimsUnderLimits, "a claim that got a job parks few others, and one that got "
                                     "none many") {
    store.set_limit({.name = "slow", .type = "slow", .rate = 1, .period = 24h});
    for (int i = 0; i < 2000; ++i) submit({.type = "slow"});
    const auto first = claim(1000);
    CHECK(first.claimed.size() == 1);
    CHECK(first.throttled.size() < 100);
    CHECK(first.next_due_in == Duration::zero());
    const auto second = claim(1000);
    CHECK(second.claimed.empty());
    CHECK(second.throttled.size() >= LimitEngine::enough_in_vain);
    CHECK(second.next_due_in == Duration::zero());
}

TEST_CASE_FIXTURE(ClaimsUnderLimits,
                  "a job that is due just after the claim does not hide others") {
    store.set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    submit({.type = "test", .owner = "anna"});
    submit({.type = "test", .owner = "anna"});
    CHECK(claim(10).claimed.size() == 1); // the second goes to the back of the queue
    submit({.type = "test", .delay = 1us});
    const JobId due = submit({.type = "test", .queue = "other"});
    const auto claimed = claim(2).claimed;
    REQUIRE(claimed.size() == 2);
    CHECK(claimed[1].lease.id == due);
}

TEST_CASE_FIXTURE(ClaimsUnderLimits, "each free slot of a bucket goes to the oldest parked job") {
    store.set_limit({.name = "two", .concurrency = 2});
    std::vector<JobId> jobs;
    for (int i = 0; i < 6; ++i) jobs.push_back(submit({.type = "test"}));
    for (std::size_t first = 0; first < jobs.size(); first += 2) {
        const auto claimed = claim(10).claimed;
        REQUIRE(claimed.size() == 2);
        CHECK(claimed[0].lease.id == jobs[first]);
        CHECK(claimed[1].lease.id == jobs[first + 1]);
        const std::vector<Settlement> done = {Settlement::completed(claimed[0].lease, {}),
                                              Settlement::completed(claimed[1].lease, {})};
        store.settle(done);
    }
}

} // namespace
