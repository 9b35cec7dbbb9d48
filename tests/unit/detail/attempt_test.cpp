#include <asyncjobs/detail/attempt.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;
using asyncjobs::detail::Attempt;
using asyncjobs::detail::StopReason;

namespace {

constexpr SteadyTime claimed_at{1h};

struct RunningJob {
    Attempt attempt{ClaimedJob{}, claimed_at};
};

TEST_CASE_FIXTURE(RunningJob, "the first stop reason counts") {
    CHECK(attempt.stop_reason() == StopReason::none);
    CHECK(attempt.stop(StopReason::timed_out));
    CHECK_FALSE(attempt.stop(StopReason::cancelled));
    CHECK(attempt.stop_reason() == StopReason::timed_out);
    CHECK(attempt.stop_token().stop_requested());
}

TEST_CASE_FIXTURE(RunningJob, "a report is unsent until taken, and again when marked") {
    CHECK_FALSE(attempt.has_unsent());
    attempt.report(5, "a");
    CHECK(attempt.has_unsent());
    CHECK(attempt.take_unsent() == Progress{5, "a"});
    CHECK_FALSE(attempt.has_unsent());
    attempt.mark_unsent();
    CHECK(attempt.take_unsent() == Progress{5, "a"});
}

TEST_CASE_FIXTURE(RunningJob, "a report without a change is not sent") {
    attempt.report(0, "");
    CHECK_FALSE(attempt.has_unsent());
    attempt.report(5, "a");
    attempt.take_unsent();
    attempt.report(5, "a");
    CHECK_FALSE(attempt.has_unsent());
}

TEST_CASE_FIXTURE(RunningJob, "a claim counts as a renewal") {
    CHECK(attempt.renewed_at() == claimed_at);
    attempt.renewed(claimed_at + 5s);
    CHECK(attempt.renewed_at() == claimed_at + 5s);
}

TEST_CASE_FIXTURE(RunningJob, "a start records its time and its timeout") {
    CHECK(attempt.started_at() == std::nullopt);
    attempt.start(claimed_at + 1s, 3s);
    CHECK(attempt.started_at() == claimed_at + 1s);
    CHECK(attempt.past_timeout(claimed_at + 2s) == Duration{-2s});
    CHECK(attempt.past_timeout(claimed_at + 5s) == Duration{1s});
}

TEST_CASE_FIXTURE(RunningJob, "a job without a timeout never times out") {
    attempt.start(claimed_at, 0s);
    CHECK(attempt.past_timeout(claimed_at + 24h) < Duration{0});
}

TEST_CASE_FIXTURE(RunningJob, "only the first decision counts") {
    std::atomic<int> decided = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                if (attempt.decide()) ++decided;
            });
    }
    CHECK(decided == 1);
    CHECK_FALSE(attempt.decide());
}

} // namespace
