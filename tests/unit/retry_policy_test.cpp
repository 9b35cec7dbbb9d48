#include "thrown.hpp"

#include <asyncjobs/retry_policy.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

std::optional<Duration> delay(const RetryPolicy& policy, int attempt, double chance = 0,
                              JobError error = {}) {
    const ClaimedJob job{.attempt = attempt};
    return policy.delay_after({job, error, chance});
}

TEST_CASE("a default policy is the default backoff") {
    const RetryPolicy policy;
    CHECK(delay(policy, 1) == 1s);
    CHECK(delay(policy, 3) == 4s);
}

TEST_CASE("a backoff grows with the attempts") {
    const RetryPolicy policy = Backoff{.first = 10s, .factor = 3.0, .most = 1min, .jitter = 0.5};
    CHECK(delay(policy, 1) == 10s);
    CHECK(delay(policy, 2) == 30s);
    CHECK(delay(policy, 3) == 1min);
    CHECK(delay(policy, 1, 0.5) == 7500ms);
}

TEST_CASE("a fixed delay varies only by its jitter") {
    const auto policy = RetryPolicy::fixed(10s, 0.5);
    CHECK(delay(policy, 1) == 10s);
    CHECK(delay(policy, 100) == 10s);
    CHECK(delay(policy, 1, 0.5) == 7500ms);
}

TEST_CASE("the last of listed delays applies to all further attempts") {
    const auto policy = RetryPolicy::list({1s, 0s, 5min});
    CHECK(delay(policy, 1) == 1s);
    CHECK(delay(policy, 2) == 0s);
    CHECK(delay(policy, 3) == 5min);
    CHECK(delay(policy, 4, 0.9) == 5min);
}

TEST_CASE("a custom policy receives the job, the error and a random number") {
    const RetryPolicy policy = [](const FailedAttempt& failed) -> std::optional<Duration> {
        if (failed.error.code == "declined") return std::nullopt;
        return failed.job.attempt * 1s + (failed.chance > 0 ? 1h : 0h);
    };
    CHECK_FALSE(delay(policy, 1, 0, {.code = "declined"}));
    CHECK(delay(policy, 7) == 7s);
    CHECK(delay(policy, 7, 0.1) == 1h + 7s);
}

TEST_CASE("the delay of a policy is clamped") {
    const auto returning = [](Duration wanted) {
        return delay([=](const FailedAttempt&) { return wanted; }, 1);
    };
    CHECK(returning(-1s) == 0s);
    CHECK(returning(Duration::max()) == std::chrono::days{36'500});
}

TEST_CASE("a policy that throws falls back to the default") {
    const RetryPolicy policy = [](const FailedAttempt&) -> std::optional<Duration> {
        throw std::runtime_error("x");
    };
    CHECK(delay(policy, 2) == 2s);
}

TEST_CASE("bad values are refused by name, value and rule") {
    const auto refusal_of = [](const Backoff& backoff) {
        return refusal(Errc::invalid_argument, [&] { RetryPolicy{backoff}; });
    };
    CHECK(has(refusal_of({.first = 0us}), "backoff.first is 0 us, but must be from 1 us"));
    CHECK(has(refusal_of({.factor = 0.5}), "backoff.factor is 0.5, but must be from 1"));
    CHECK(has(refusal_of({.factor = std::nan("")}), "backoff.factor is nan"));
    CHECK(has(refusal_of({.most = 1ms}), "backoff.most is 1000 us, but must be from 1000000 us"));
    CHECK(has(refusal_of({.jitter = 1.5}), "backoff.jitter is 1.5, but must be from 0"));
    CHECK_NOTHROW(RetryPolicy(Backoff{.first = 1us, .factor = 1.0, .most = 1us, .jitter = 0.0}));

    CHECK(has(refusal(Errc::invalid_argument, [] { RetryPolicy::fixed(0s); }), "delay is 0 us"));
    CHECK(has(refusal(Errc::invalid_argument, [] { RetryPolicy::list({}); }), "delays is empty"));
    CHECK(has(refusal(Errc::invalid_argument,
                      [] {
                          RetryPolicy::list({1s, -1us});
                      }),
              "delays[1] is -1 us, but must be from 0 us"));
    CHECK(has(refusal(Errc::invalid_argument, [] { RetryPolicy{RetryPolicy::Function()}; }),
              "function is empty"));
}

} // namespace
