#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

constexpr Duration time_for_a_job = 1min;

/// Its first submit does not return before it is released.
class SlowStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        if (calls++ == 0) {
            began.count_down();
            may_end.wait();
        }
        return inner().submit(jobs);
    }

    std::atomic<int> calls = 0;
    std::latch began{1}, may_end{1};
};

TEST_CASE("concurrent submits share transactions") {
    MemoryJobStore memory;
    SlowStore store(memory);
    Client client(store);
    std::atomic<int> created = 0;
    const auto submit = [&] {
        const auto submitted = client.submit(NewJob{.type = "work"});
        if (client.find(submitted.id)) ++created; // durable when the call returns
    };
    {
        std::jthread first(submit);
        store.began.wait();
        std::latch calling(15);
        std::vector<std::jthread> others;
        for (int i = 0; i < 15; ++i)
            others.emplace_back([&] {
                calling.count_down();
                submit();
            });
        calling.wait();
        store.may_end.count_down();
    }
    CHECK(created == 16);
    CHECK(store.calls >= 2);
    CHECK(store.calls < 16);
}

struct ClientAndExecutor {
    MemoryJobStore store;
    std::shared_ptr<Runtime> runtime = make_runtime();
    Client client{store, runtime, {.poll_every = 1h}}; // woken by hints only
};

TEST_CASE_FIXTURE(ClientAndExecutor, "watchers receive every job's end with rising revisions") {
    Executor executor(store, runtime, {.concurrency = 2, .report_every = 1ms});
    executor.handle("work", [](const JsonText&, ProgressReporter& progress) {
        for (int i = 0; i < 100; ++i) progress.report(i, "step");
        return JsonText();
    });
    executor.start();
    constexpr int jobs = 100;
    std::latch ended(2 * jobs);
    std::atomic<int> fallen = 0, completed = 0;
    std::vector<Client::Watch> watches;
    for (int i = 0; i < jobs; ++i) {
        const auto id = client.submit(NewJob{.type = "work"}).id;
        for (int w = 0; w < 2; ++w)
            watches.push_back(client.watch(
                id, [&, last = std::int64_t{0}](const std::optional<Job>& job) mutable {
                    if (job->revision <= std::exchange(last, job->revision)) ++fallen;
                    if (!is_finished(job->status)) return;
                    if (job->status == JobStatus::completed) ++completed;
                    ended.count_down();
                }));
    }
    ended.wait();
    CHECK(fallen == 0);
    CHECK(completed == 2 * jobs);
}

TEST_CASE_FIXTURE(ClientAndExecutor, "a watch's destructor waits for an active call") {
    const auto id = client.submit(NewJob{.type = "work"}).id;
    std::latch entered(1), leave(1);
    std::atomic<bool> left = false;
    auto watch = client.watch(id, [&](const std::optional<Job>&) {
        entered.count_down();
        leave.wait();
        left = true;
    });
    entered.wait();
    std::jthread helper([&] { leave.count_down(); });
    watch = {};
    CHECK(left);
}

TEST_CASE_FIXTURE(ClientAndExecutor, "watches begin and end while their jobs change") {
    const auto id = client.submit(NewJob{.type = "work"}).id;
    std::atomic<bool> over = false;
    std::jthread hinter([&] {
        while (!over) store.notifier().changed({&id, 1});
    });
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 2; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i) {
                    std::atomic<bool> alive = true;
                    {
                        const auto watch = client.watch(id, [&](const std::optional<Job>&) {
                            if (!alive) std::abort();
                        });
                    }
                    alive = false;
                }
            });
    }
    over = true;
    CHECK(client.find(id).has_value());
}

TEST_CASE_FIXTURE(ClientAndExecutor, "each waiting thread is woken") {
    std::vector<JobId> ids;
    for (int i = 0; i < 16; ++i) ids.push_back(client.submit(NewJob{.type = "work"}).id);
    std::atomic<int> woken = 0;
    {
        std::vector<std::jthread> threads;
        for (const auto& id : ids)
            threads.emplace_back([&, id] {
                const auto job = client.wait(id, time_for_a_job);
                if (job->status == JobStatus::cancelled) ++woken;
            });
        for (const auto& id : ids) client.cancel(id);
    }
    CHECK(woken == 16);
}

TEST_CASE_FIXTURE(ClientAndExecutor, "a client may be destroyed during a read of its watches") {
    const auto id =
        store.submit(std::vector{NewJob{.id = JobId::make({}, 1, 1), .type = "work"}}).front().id;
    std::atomic<int> calls = 0;
    for (int i = 0; i < 100; ++i) {
        Client brief(store, runtime);
        const auto watch = brief.watch(id, [&](const std::optional<Job>&) { ++calls; });
    }
    const auto before = calls.load();
    store.notifier().changed({&id, 1});
    CHECK(calls == before);
}

} // namespace
