#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// A store that has nothing for operators.
struct WithoutOperators final : ForwardingJobStore {
    using ForwardingJobStore::ForwardingJobStore;
    OperatorStore* operators() noexcept override { return nullptr; }
};

std::vector<JobId> submit(Client& client, int count) {
    std::vector<JobId> ids;
    for (int i = 0; i < count; ++i) ids.push_back(client.submit({.type = "report"}).id);
    return ids;
}

void change_three_jobs(JobStore& store) {
    Client client{store};
    auto ids = submit(client, 2);
    ids.push_back(client.make_id());
    CHECK(client.cancel(ids, {.reason = "enough"}) == std::vector{CancelOutcome::cancelled,
                                                                  CancelOutcome::cancelled,
                                                                  CancelOutcome::not_found});
    CHECK(client.find(ids[1])->cancel_reason == "enough");
    CHECK(client.retry(ids) ==
          std::vector{RetryOutcome::retried, RetryOutcome::retried, RetryOutcome::not_found});
    client.cancel(ids[1]);
    CHECK(client.remove(ids) == std::vector{RemoveOutcome::not_finished, RemoveOutcome::removed,
                                            RemoveOutcome::not_found});
    CHECK(client.find(ids[0]));
    CHECK(!client.find(ids[1]));
}

} // namespace

TEST_CASE("a client changes many jobs at once, with an outcome for each") {
    MemoryJobStore store;
    change_three_jobs(store);
}

TEST_CASE("a client changes many jobs one by one in a store without operators") {
    MemoryJobStore memory;
    WithoutOperators store{memory};
    change_three_jobs(store);
}

TEST_CASE("a client notifies executors and watchers of jobs that it makes due") {
    MemoryJobStore store;
    Client client{store};
    const auto due = client.submit({.type = "report"}).id;
    const auto later = client.submit({.type = "report", .queue = "reports", .delay = 1h}).id;
    std::vector<std::string> ready;
    std::vector<JobId> changed;
    const auto first =
        store.notifier().on_ready_here([&](std::string_view queue) { ready.emplace_back(queue); });
    const auto second = store.notifier().on_changed(
        [&](std::span<const JobId> ids) { changed.insert(changed.end(), ids.begin(), ids.end()); });
    CHECK(client.run_now(std::vector{due, later}) ==
          std::vector{RunNowOutcome::already_due, RunNowOutcome::made_due});
    CHECK(ready == std::vector<std::string>{"reports"});
    CHECK(changed == std::vector{later});
    CHECK(client.run_now(later) == RunNowOutcome::already_due);
    CHECK(changed.size() == 1);
}

TEST_CASE("a client makes no job due in a store without operators") {
    MemoryJobStore memory;
    WithoutOperators store{memory};
    Client client{store};
    CHECK_THROWS_WITH_AS(client.run_now(client.make_id()),
                         doctest::Contains("run_now() needs a store with operators()"), Error);
}

TEST_CASE("a client refuses to change more jobs at once than a store takes") {
    MemoryJobStore memory;
    WithoutOperators without{memory};
    const std::vector<JobId> ids(OperatorStore::max_batch + 1);
    for (JobStore* store : {static_cast<JobStore*>(&memory), static_cast<JobStore*>(&without)}) {
        Client client{*store};
        CHECK_THROWS_AS(client.retry(ids), Error);
        CHECK_THROWS_AS(client.remove(ids), Error);
        CHECK_THROWS_AS(client.cancel(ids), Error);
    }
}

TEST_CASE("watchers and events learn of each job that was changed at once") {
    MemoryJobStore store;
    std::mutex mutex;
    std::vector<JobEvent::Kind> happened;
    {
        EventStream events(
            [&](std::span<const JobEvent> batch, const LostEvents&) {
                const std::lock_guard lock(mutex);
                for (const JobEvent& event : batch) happened.push_back(event.kind);
            },
            {.kinds = {JobEvent::Kind::cancelled, JobEvent::Kind::restarted}});
        // Only a notification can end the wait within the test's time limit.
        Client client{store, {.poll_every = std::chrono::hours{1}, .events = &events}};
        const auto ids = submit(client, 2);
        std::atomic<int> ended = 0;
        std::vector<Client::Watch> watches;
        for (const JobId& id : ids)
            watches.push_back(client.watch(id, [&](const std::optional<Job>& job) {
                if (job && job->status == JobStatus::cancelled && ++ended == 2) ended.notify_all();
            }));
        client.cancel(ids);
        for (int seen = ended; seen < 2; seen = ended) ended.wait(seen);
        client.retry(ids);
    }
    CHECK(happened == std::vector{JobEvent::Kind::cancelled, JobEvent::Kind::cancelled,
                                  JobEvent::Kind::restarted, JobEvent::Kind::restarted});
}
