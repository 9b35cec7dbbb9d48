#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace asyncjobs;

namespace {

using namespace std::chrono_literals;

/// A memory store with a clock that the test sets.
struct OperatedMemory {
    Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    MemoryJobStore store{[this] { return now; }};
    OperatorStore& operators = *store.operators();
    std::uint64_t ids = 0;

    std::vector<JobId> submit(std::size_t count, NewJob job = {}) {
        std::vector<NewJob> jobs;
        std::vector<JobId> made;
        for (std::size_t i = 0; i < count; ++i) {
            job.id = JobId::make(now, 0, ++ids);
            job.type = "test";
            jobs.push_back(job);
            made.push_back(job.id);
        }
        store.submit(jobs);
        return made;
    }

    void claim(std::size_t limit) {
        const std::vector<std::string> queues = {"default"};
        store.claim({.worker = "worker", .queues = queues, .limit = limit});
    }

    QueueState queue() { return operators.queues({}, 1).queues.at(0); }
};

constexpr std::size_t many = Count::counted + 1;
constexpr Count full{.value = Count::counted, .precision = Count::Precision::at_least};

TEST_CASE_FIXTURE(OperatedMemory, "many jobs of a queue are counted up to the limit of a count") {
    const auto parent = submit(1, {.queue = "z"});
    const auto due = submit(many);
    submit(many, {.priority = 1, .delay = 1h});
    submit(many, {.after = parent});
    CHECK(queue().due == full);
    CHECK(queue().scheduled == full);
    CHECK(queue().blocked == full);
    CHECK(operators.why(due.back())->before == Count{.value = Count::counted});
    const auto last = submit(1);
    CHECK(operators.why(last.front())->before == full);
}

TEST_CASE_FIXTURE(OperatedMemory, "a search gives due jobs their head start, as a claim does") {
    const auto early = submit(1), urgent = submit(1, {.priority = 10, .delay = 1s});
    const auto first = [&] {
        return operators.search({.statuses = {JobStatus::pending}}).jobs.at(0).id;
    };
    CHECK(first() == early.front());
    now += 2s;
    CHECK(first() == urgent.front());
}

TEST_CASE_FIXTURE(OperatedMemory,
                  "a parked job waits a moment for its slot if the clock was set back by one") {
    const std::vector<std::string> queues = {"default"};
    const ClaimRequest request{.worker = "worker", .queues = queues, .limit = 10};
    store.set_limit({.name = "two", .concurrency = 2});
    submit(3);
    std::vector<Settlement> ends;
    for (const ClaimedJob& job : store.claim(request).claimed)
        ends.push_back(Settlement::completed(job.lease, {}));
    REQUIRE(ends.size() == 2);
    store.settle(ends);
    const std::vector<std::string> others = {"other"};
    store.claim({.worker = "worker", .queues = others, .limit = 10}); // finds free slots
    now -= 1us;
    submit(1);
    const Exchange found = store.claim(request);
    CHECK(found.claimed.size() == 1);
    CHECK(found.next_due_in == 1us);
    now += 1us;
    CHECK(store.claim(request).claimed.size() == 1);
}

TEST_CASE_FIXTURE(OperatedMemory, "jobs of each status are counted exactly, however many") {
    submit(many);
    claim(many);
    submit(many, {.delay = 1h});
    CHECK(operators.counts().processing == Count{.value = many});
    CHECK(operators.counts().pending == Count{.value = many});
    CHECK(queue().processing == Count{.value = many});
}

TEST_CASE_FIXTURE(OperatedMemory, "throttled jobs hide no others, however many") {
    store.set_limit({.name = "one", .scope = LimitScope::key, .concurrency = 1});
    submit(many + 1, {.limit_key = "k"});
    while (queue().due.value > 0) claim(1000);
    submit(1);
    submit(1, {.delay = 1h});
    CHECK(queue().throttled == Count{.value = many});
    CHECK(queue().due == Count{.value = 1});
    CHECK(queue().scheduled == Count{.value = 1});
    CHECK(queue().oldest_due == now);
}

TEST_CASE_FIXTURE(OperatedMemory, "a page of queues looks at a bounded number of jobs") {
    constexpr std::size_t names = 6;
    for (std::size_t i = 0; i < names; ++i) {
        submit(many, {.queue = "q" + std::to_string(100 + i)});
        submit(1, {.queue = "empty" + std::to_string(i)});
        claim(1);
    }
    std::set<std::string> listed;
    std::size_t pages = 0;
    std::string after;
    for (; pages < names; ++pages) {
        const auto page = operators.queues(after, OperatorStore::max_queues);
        for (const QueueState& queue : page.queues) CHECK(listed.insert(queue.name).second);
        if (!page.next) break;
        after = *page.next;
    }
    CHECK(listed.size() == 2 * names);
    CHECK(pages > 0);
}

TEST_CASE_FIXTURE(OperatedMemory, "a search for few processing jobs does not look at others") {
    submit(2);
    claim(2);
    submit(100);
    const auto page = operators.search({.statuses = {JobStatus::processing}, .looks = 2});
    CHECK(page.jobs.size() == 2);
    CHECK_FALSE(page.next);
}

TEST_CASE_FIXTURE(OperatedMemory, "a search for many processing jobs looks at all jobs") {
    const auto running = submit(JobSearch::max_looks + 1);
    claim(running.size());
    JobSearch search{.statuses = {JobStatus::processing}, .limit = JobSearch::max_limit};
    std::size_t found = 0;
    for (std::size_t pages = 0; pages < running.size(); ++pages) {
        const auto page = operators.search(search);
        found += page.jobs.size();
        if (!page.next) break;
        search.after = page.next;
    }
    CHECK(found == running.size());
}

TEST_CASE_FIXTURE(OperatedMemory, "no pause lies in the future when the clock was set back") {
    store.set_paused("default", true);
    const Timestamp paused = now;
    now -= 2h;
    store.rescue(1, 1);
    CHECK(queue().paused_since == paused - 2h);
    now += 1h;
    CHECK(queue().paused_since == paused - 2h);
}

} // namespace
