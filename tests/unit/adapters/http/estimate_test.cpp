#include "observe/estimate.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;
using http::estimate_completion;
using http::retry_after;

namespace {
const Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};
constexpr Workload known{.typical_run = 60s};
} // namespace

TEST_CASE("a job without known run times has no estimate") {
    CHECK_FALSE(estimate_completion({.run_at = now}, {}, now));
    CHECK_FALSE(estimate_completion(
        {.status = JobStatus::processing, .updated_at = now, .started_at = now}, {}, now));
}

TEST_CASE("a job of a paused queue has no estimate") {
    CHECK_FALSE(estimate_completion({.run_at = now}, {.typical_run = 60s, .paused = true}, now));
}

TEST_CASE("a finished job has no estimate") {
    for (const auto status : {JobStatus::completed, JobStatus::failed, JobStatus::cancelled})
        CHECK_FALSE(estimate_completion({.status = status}, known, now));
}

TEST_CASE("a pending job is estimated by its type's typical run") {
    CHECK(estimate_completion({.run_at = now}, known, now) == now + 60s);
}

TEST_CASE("an estimate includes the jobs before it, divided by those that run concurrently") {
    const Workload alone{.waiting = 11, .processing = 1, .typical_run = 60s};
    CHECK(estimate_completion({.run_at = now}, alone, now) == now + 11min);
    const Workload five{.waiting = 11, .processing = 5, .typical_run = 60s};
    CHECK(estimate_completion({.run_at = now}, five, now) == now + 3min);
}

TEST_CASE("a scheduled job is not finished before it is due") {
    CHECK(estimate_completion({.run_at = now + 1h}, known, now) == now + 1h + 60s);
}

TEST_CASE("a running job is estimated by its progress, or else by the typical run") {
    Job job{.status = JobStatus::processing, .updated_at = now, .started_at = now - 30s};
    CHECK(estimate_completion(job, known, now) == now + 30s);
    job.progress.percent = 25;
    CHECK(estimate_completion(job, known, now) == now + 90s);
    CHECK(estimate_completion(job, {}, now) == now + 90s);
}

TEST_CASE("an overdue job is expected soon, never in the past") {
    const Job job{.status = JobStatus::processing, .updated_at = now, .started_at = now - 10min};
    CHECK(estimate_completion(job, known, now) == now + 1min);
    const Job fresh{.status = JobStatus::processing, .updated_at = now, .started_at = now};
    CHECK(estimate_completion(fresh, {.typical_run = 1us}, now) == now + 1s);
}

TEST_CASE("Retry-After is between one second and the cap") {
    CHECK(retry_after(now, now, 30s, 0) == 1);
    CHECK(retry_after(now - 1h, now, 30s, 0) == 1);
    CHECK(retry_after(now + 10s, now, 30s, 0) == 10);
    CHECK(retry_after(now + 1h, now, 30s, 0) == 30);
    CHECK(retry_after({}, now, 1s, 0) == 1);
}

TEST_CASE("Retry-After is reduced by a random part of up to a fifth") {
    int least = 30;
    for (std::uint64_t random = 0; random < 30'000'000; random += 10'007) {
        const int seconds = retry_after(now + 1h, now, 30s, random);
        REQUIRE(seconds <= 30);
        REQUIRE(seconds >= 24);
        least = std::min(least, seconds);
    }
    CHECK(least < 30);
}
