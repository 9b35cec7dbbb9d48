#include <asyncjobs/error.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <doctest/doctest.h>

#include <array>

using namespace asyncjobs;

namespace {

using namespace std::chrono_literals;

std::vector<JobId> ids_of(const JobSearchPage& page) {
    std::vector<JobId> ids;
    for (const Job& job : page.jobs) ids.push_back(job.id);
    return ids;
}

/// Two memory stores of the same jobs: each makes the changes of the other, as text.
struct TwoStores {
    Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    std::array<MemoryJobStore, 2> stores{MemoryJobStore([this] { return now; }),
                                         MemoryJobStore([this] { return now; })};
    std::uint64_t ids = 0;
    std::vector<std::string> queues = {"default"};

    TwoStores() {
        for (MemoryJobStore& store : stores) store.take_changes();
    }

    /// Returns `call(store)` for one of the stores.
    template <typename Call>
    auto on(std::size_t index, Call call) {
        auto result = call(stores[index]);
        const StoreChanges changes = stores[index].take_changes();
        if (!changes.empty()) stores[1 - index].apply(parse_store_changes(to_json(changes)));
        return result;
    }

    JobId submit(NewJob job) {
        job.id = JobId::make(now, 0, ++ids);
        job.type = "test";
        on(0, [&](auto& store) { return store.submit({&job, 1}); });
        return job.id;
    }
    Exchange exchange(std::size_t index, std::vector<Settlement> settlements = {}) {
        return on(index, [&](auto& store) {
            return store.exchange(settlements, {.worker = "w", .queues = queues, .limit = 10});
        });
    }
    Job find(std::size_t index, const JobId& id) { return stores[index].find({&id, 1})[0].value(); }
};

TEST_CASE_FIXTURE(TwoStores, "a store continues with the jobs of another one") {
    const JobId id = submit(
        {.input = JsonText::parse(R"({"a": 1.0,"é":[]})"), .owner = "anna", .unique_key = "one"});
    CHECK(find(1, id).input == find(0, id).input);
    const auto claimed = exchange(1).claimed;
    REQUIRE(claimed.size() == 1);
    CHECK(exchange(0).claimed.empty());
    const auto failed = Settlement::failed(claimed[0].lease, {"E1", "no", JsonText::parse("[2]")});
    CHECK(exchange(0, {failed}).settled[0].accepted);
    CHECK(find(1, id).error == JobError{"E1", "no", JsonText::parse("[2]")});
    CHECK(find(1, id).attempt_errors == find(0, id).attempt_errors);
    CHECK(on(1, [&](auto& store) { return store.remove(id); }) == RemoveOutcome::removed);
    CHECK(stores[0].find({&id, 1})[0] == std::nullopt);
}

TEST_CASE_FIXTURE(TwoStores, "parents that finish in one store unblock dependents in another") {
    const JobId parent = submit({});
    const JobId child = submit({.after = {parent}});
    const auto claimed = exchange(1).claimed;
    REQUIRE(claimed.size() == 1);
    exchange(1, {Settlement::completed(claimed[0].lease, {})});
    CHECK(on(0, [](auto& store) { return store.promote(10); }).size() == 1);
    CHECK(find(1, child).blocked_by == 0);
    CHECK(on(1, [](auto& store) { return store.promote(10); }).empty());
}

TEST_CASE_FIXTURE(TwoStores, "stores of the same jobs return the same to operators") {
    on(0, [](auto& store) {
        store.set_limit({.name = "one", .scope = LimitScope::key, .concurrency = 1});
        return true;
    });
    const JobId parent = submit({.queue = "other"}), removed = submit({});
    std::vector<JobId> jobs = {parent, submit({.after = {parent}}), submit({.delay = 1h}),
                               submit({.priority = 9, .delay = 1h})};
    for (int i = 0; i < 3; ++i) jobs.push_back(submit({.limit_key = "k"}));
    for (const ClaimedJob& job : exchange(1).claimed)
        if (job.lease.id == removed) exchange(0, {Settlement::completed(job.lease, {})});
    on(1, [&](auto& store) { return store.remove(removed); });
    jobs.push_back(submit({}));
    on(0, [](auto& store) { return (store.set_paused("other", true), true); });

    OperatorStore &one = *stores[0].operators(), &two = *stores[1].operators();
    for (const JobId& id : jobs) CHECK(describe(*one.why(id)) == describe(*two.why(id)));
    CHECK(one.why(parent)->paused_since == now);
    CHECK(two.why(parent)->paused_since == now);
    CHECK(one.why(jobs[5])->limit->holders == std::vector{jobs[4]});
    CHECK(two.why(jobs[5])->limit->holders == std::vector{jobs[4]});
    for (const JobSearch& search :
         {JobSearch{}, JobSearch{.statuses = {JobStatus::pending}},
          JobSearch{.parents_of = jobs[1]}, JobSearch{.children_of = parent}})
        CHECK(ids_of(one.search(search)) == ids_of(two.search(search)));
    CHECK(ids_of(two.search({.children_of = parent})) == std::vector{jobs[1]});
    CHECK(one.counts().pending == two.counts().pending);
    CHECK(two.counts().processing == Count{.value = 1});
    for (std::size_t i = 0; i < 2; ++i) {
        const auto a = one.queues({}, 2).queues.at(i), b = two.queues({}, 2).queues.at(i);
        CHECK(a.paused_since == b.paused_since);
        for (const auto count : {&QueueState::due, &QueueState::scheduled, &QueueState::blocked,
                                 &QueueState::throttled, &QueueState::processing})
            CHECK(a.*count == b.*count);
    }
}

TEST_CASE_FIXTURE(TwoStores, "stores of the same jobs share limits and the jobs that wait") {
    on(0, [](auto& store) {
        store.set_limit({.name = "one", .concurrency = 1});
        return true;
    });
    const JobId first = submit({}), second = submit({});
    const auto claimed = exchange(1);
    REQUIRE(claimed.claimed.size() == 1);
    CHECK(claimed.claimed[0].lease.id == first);
    CHECK(claimed.throttled.size() == 1);
    const auto waiting = exchange(0);
    CHECK(waiting.claimed.empty());
    CHECK(waiting.throttled.empty()); // reported by the other
    const auto next = exchange(0, {Settlement::completed(claimed.claimed[0].lease, {})});
    REQUIRE(next.claimed.size() == 1);
    CHECK(next.claimed[0].lease.id == second);
    CHECK(stores[1].limits() == stores[0].limits());
}

/// A head start is no change of the job, so the other store may see the job first.
TEST_CASE_FIXTURE(TwoStores, "a job whose parent finishes once it is due keeps its head start") {
    const JobId parent = submit({.queue = "parents"});
    const JobId child = submit({.priority = 50, .after = {parent}});
    on(0, [&](auto& store) { return store.cancel(child, {}); });
    CHECK(on(0, [&](auto& store) { return store.retry(child); }) == RetryOutcome::retried);
    const auto claimed = exchange(0).claimed;
    REQUIRE(claimed.size() == 1);
    exchange(0, {Settlement::retried(claimed[0].lease, {.code = "E1"}, 1s)});
    const JobId plain = submit({});
    now += 2s;
    on(0, [&](auto& store) { return store.cancel(parent, {}); });
    on(0, [](auto& store) { return store.promote(10); });
    const auto next = exchange(1).claimed;
    REQUIRE(next.size() == 2);
    CHECK(next[0].lease.id == child);
    CHECK(next[1].lease.id == plain);
}

TEST_CASE_FIXTURE(TwoStores, "a run during which the clock is set back takes no negative time") {
    submit({});
    const auto claimed = exchange(0).claimed;
    REQUIRE(claimed.size() == 1);
    now -= 1h;
    exchange(0, {Settlement::completed(claimed[0].lease, {})});
    for (MemoryJobStore& store : stores)
        CHECK(store.workload("default", "test").typical_run == Duration::zero());
}

TEST_CASE_FIXTURE(TwoStores, "a store follows the clock that another one saw set back") {
    submit({});
    now -= 1h;
    CHECK(on(0, [](auto& store) { return store.rescue(10, 3); }).empty());
    for (MemoryJobStore& store : stores)
        CHECK(store.take_clock_notices() ==
              std::vector<ClockNotice>{{ClockNotice::Kind::set_back, 1h}});
}

TEST_CASE_FIXTURE(TwoStores, "a job that waits for a rate starts in a store that copies it again") {
    on(0, [](auto& store) {
        store.set_limit({.name = "rate", .rate = 1, .period = 1min});
        return true;
    });
    submit({});
    const JobId second = submit({});
    CHECK(exchange(0).claimed.size() == 1);
    now -= 1h;
    CHECK(on(0, [](auto& store) { return store.rescue(10, 3); }).empty());
    CHECK(exchange(1).claimed.empty()); // it waits from now on
    now += 1min;
    const auto claimed = exchange(1).claimed;
    REQUIRE(claimed.size() == 1);
    CHECK(claimed[0].lease.id == second);
}

TEST_CASE("text that is no record of changes is an error") {
    CHECK_THROWS_AS(parse_store_changes("{\"jobs\":["), Error);
    CHECK_THROWS_AS(parse_store_changes(R"({"jobs":[{"id":1}]})"), Error);
    CHECK(parse_store_changes("{}").empty());
}

} // namespace
