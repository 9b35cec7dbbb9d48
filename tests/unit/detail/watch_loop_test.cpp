#include "../simulated_world.hpp"

#include <asyncjobs/detail/watch_loop.hpp>

namespace {

/// Calls `before_return` once it has read, before the reader has the result.
class ReadingStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        batches.push_back(ids.size());
        auto jobs = inner().find(ids);
        if (before_return) std::exchange(before_return, {})();
        return jobs;
    }

    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override {
        polls.push_back(ids.size());
        return inner().find_summaries(ids);
    }

    std::vector<std::size_t> batches = {};
    std::vector<std::size_t> polls = {};
    std::function<void()> before_return = {};
};

struct WatchedJobs : World {
    ReadingStore reading{memory};
    detail::WatchLoop loop{reading, *process, 1s, 1s};

    void pass(Duration time) {
        until([] { return false; }, time);
    }
};

TEST_CASE_FIXTURE(WatchedJobs, "a watcher does not receive reads that began before it") {
    const auto id = submit();
    client.cancel(id);
    std::vector<JobStatus> first, late;
    const auto watched =
        loop.add(id, [&](const std::optional<Job>& job) { first.push_back(job->status); });
    reading.before_return = [&] {
        client.retry(id);
        loop.add(id, [&](const std::optional<Job>& job) { late.push_back(job->status); });
    };
    pass(100ms);
    CHECK(first == std::vector{JobStatus::cancelled});
    CHECK(late == std::vector{JobStatus::pending});
}

TEST_CASE_FIXTURE(WatchedJobs, "watched jobs are read in batches of bounded size") {
    std::vector<detail::WatchLoop::WatchedPtr> watched;
    int notified = 0;
    for (int i = 0; i < 1200; ++i)
        watched.push_back(loop.add(submit(), [&](const std::optional<Job>&) { ++notified; }));
    pass(100ms);
    CHECK(notified == 1200);
    CHECK(reading.batches.size() >= 3);
    for (const auto size : reading.batches) CHECK(size <= 500);
    pass(2s);
    CHECK(reading.polls.size() >= 3);
    for (const auto size : reading.polls) CHECK(size <= 500);
}

TEST_CASE_FIXTURE(WatchedJobs, "a poll reads only changed jobs") {
    std::vector<JobId> ids;
    std::vector<JobId> notified;
    std::vector<detail::WatchLoop::WatchedPtr> watched;
    for (int i = 0; i < 10; ++i) {
        ids.push_back(submit());
        watched.push_back(
            loop.add(ids.back(), [&notified, id = ids.back()](const std::optional<Job>&) {
                notified.push_back(id);
            }));
    }
    pass(100ms);
    CHECK(notified.size() == 10);
    notified.clear();
    reading.batches.clear();
    pass(10s);
    CHECK(reading.polls.size() >= 5);
    CHECK(reading.batches.empty());
    memory.cancel(ids[3], {}); // without a hint
    pass(2s);
    CHECK(reading.batches == std::vector<std::size_t>{1});
    CHECK(notified == std::vector{ids[3]});
}

TEST_CASE_FIXTURE(WatchedJobs, "a poll notices a removed job") {
    const auto id = submit();
    bool gone = false;
    const auto watched =
        loop.add(id, [&](const std::optional<Job>& job) { gone = !job.has_value(); });
    pass(100ms);
    memory.cancel(id, {});
    memory.remove(id);
    pass(2s);
    CHECK(gone);
    CHECK(watched->ended);
}

TEST_CASE_FIXTURE(WatchedJobs,
                  "the watch loop rests without watches and polls again for the next") {
    const auto id = submit();
    int calls = 0;
    const auto watched = loop.add(id, [&](const std::optional<Job>&) { ++calls; });
    pass(100ms);
    loop.remove(watched);
    const auto reads = reading.batches.size();
    pass(1h);
    CHECK(reading.batches.size() == reads);
    const auto again = loop.add(id, [&](const std::optional<Job>&) { ++calls; });
    memory.cancel(id, {}); // without a hint
    pass(2s);
    CHECK(calls >= 2);
    CHECK(again->ended);
}

TEST_CASE_FIXTURE(WatchedJobs, "a hint of an unwatched job causes no read") {
    const auto id = submit();
    memory.notifier().changed({&id, 1});
    pass(1h);
    CHECK(reading.batches.empty());
}

} // namespace
