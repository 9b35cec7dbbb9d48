#include <asyncjobs/detail/execution.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;
using asyncjobs::detail::Execution;
using asyncjobs::detail::StopReason;

namespace {

constexpr SteadyTime claimed_at{1h};

struct RunningJob {
    Execution execution{ClaimedJob{}, claimed_at};
};

TEST_CASE_FIXTURE(RunningJob, "the first stop reason counts") {
    CHECK(execution.stop_reason() == StopReason::none);
    CHECK(execution.stop(StopReason::timed_out));
    CHECK_FALSE(execution.stop(StopReason::cancelled));
    CHECK(execution.stop_reason() == StopReason::timed_out);
    CHECK(execution.stop_token().stop_requested());
}

TEST_CASE_FIXTURE(RunningJob, "a report is unsent until taken, and again when marked") {
    CHECK_FALSE(execution.has_unsent());
    execution.report(5, "a");
    CHECK(execution.has_unsent());
    CHECK(execution.take_unsent() == Progress{5, "a"});
    CHECK_FALSE(execution.has_unsent());
    execution.mark_unsent();
    CHECK(execution.take_unsent() == Progress{5, "a"});
}

TEST_CASE_FIXTURE(RunningJob, "a report without a change is not sent") {
    execution.report(0, "");
    CHECK_FALSE(execution.has_unsent());
    execution.report(5, "a");
    execution.take_unsent();
    execution.report(5, "a");
    CHECK_FALSE(execution.has_unsent());
}

TEST_CASE_FIXTURE(RunningJob, "a claim counts as a renewal") {
    CHECK(execution.renewed_at() == claimed_at);
    execution.renewed(claimed_at + 5s);
    CHECK(execution.renewed_at() == claimed_at + 5s);
}

TEST_CASE_FIXTURE(RunningJob, "a start records its time and its timeout") {
    CHECK(execution.started_at() == std::nullopt);
    execution.start(claimed_at + 1s, 3s);
    CHECK(execution.started_at() == claimed_at + 1s);
    CHECK(execution.past_timeout(claimed_at + 2s) == Duration{-2s});
    CHECK(execution.past_timeout(claimed_at + 5s) == Duration{1s});
}

TEST_CASE_FIXTURE(RunningJob, "a job without a timeout never times out") {
    execution.start(claimed_at, 0s);
    CHECK(execution.past_timeout(claimed_at + 24h) < Duration{0});
}

TEST_CASE_FIXTURE(RunningJob, "only the first decision counts") {
    std::atomic<int> decided = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                if (execution.decide()) ++decided;
            });
    }
    CHECK(decided == 1);
    CHECK_FALSE(execution.decide());
}

} // namespace
