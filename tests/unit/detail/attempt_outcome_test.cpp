#include <asyncjobs/detail/attempt_outcome.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

using namespace asyncjobs;
using namespace std::chrono_literals;
using asyncjobs::detail::AttemptOutcome;
using asyncjobs::detail::outcome_of;
using asyncjobs::detail::StopReason;
using Kind = Settlement::Kind;

namespace {

template <typename Thrown>
std::exception_ptr thrown(Thrown what) {
    return std::make_exception_ptr(std::move(what));
}

const RetryPolicy one_second = Backoff{.first = 1s, .jitter = 0.0};

ClaimedJob job_at(int attempt, int max_attempts) {
    return {.lease = {JobId::make({}, 1, 2), 7}, .attempt = attempt, .max_attempts = max_attempts};
}

Settlement settlement_for(StopReason asked, const std::exception_ptr& error, int attempt = 1) {
    return detail::settlement_for(job_at(attempt, 3), asked, outcome_of(error),
                                  JsonText::parse("[1]"), one_second, 0);
}

constexpr StopReason all_reasons[] = {StopReason::none, StopReason::cancelled,
                                      StopReason::timed_out, StopReason::lease_lost,
                                      StopReason::shutdown};

TEST_CASE("a handler that returned has completed despite any stop request") {
    for (const auto asked : all_reasons) {
        const auto settlement = settlement_for(asked, nullptr);
        CHECK(settlement.kind() == Kind::completed);
        CHECK(settlement.result().text() == "[1]");
        CHECK(settlement.lease() == job_at(1, 3).lease);
    }
}

TEST_CASE("a stopped handler may end in any way") {
    for (const auto& error : {thrown(Interrupted{}), thrown(JobFailure("E1")),
                              thrown(std::runtime_error("x")), thrown(42)}) {
        CHECK(settlement_for(StopReason::cancelled, error).kind() == Kind::cancelled);
        const auto late = settlement_for(StopReason::timed_out, error);
        CHECK(late.kind() == Kind::retried);
        CHECK(late.error().code == error_code::timeout);
    }
    CHECK(settlement_for(StopReason::timed_out, thrown(Interrupted{}), 3).kind() == Kind::failed);
}

TEST_CASE("a handler interrupted by a shutdown or a lost lease is released") {
    for (const auto asked : {StopReason::shutdown, StopReason::lease_lost}) {
        for (const auto& error : {thrown(Interrupted{}), thrown(std::runtime_error("closing"))}) {
            const auto settlement = settlement_for(asked, error);
            CHECK(settlement.kind() == Kind::released);
            CHECK(settlement.delay() == 0s);
        }
        CHECK(settlement_for(asked, thrown(JobFailure("E1"))).kind() == Kind::retried);
        CHECK(settlement_for(asked, thrown(JobFailure("E1").permanent())).kind() == Kind::failed);
    }
}

TEST_CASE("a failed attempt is retried after the backoff up to max_attempts") {
    const auto first = settlement_for(StopReason::none, thrown(JobFailure("E1", "later")), 1);
    CHECK(first.kind() == Kind::retried);
    CHECK(first.error() == JobError{"E1", "later", {}});
    CHECK(first.delay() == 1s);
    CHECK(settlement_for(StopReason::none, thrown(JobFailure("E1")), 2).delay() == 2s);
    CHECK(settlement_for(StopReason::none, thrown(JobFailure("E1")), 3).kind() == Kind::failed);
}

TEST_CASE("a permanent failure is not retried") {
    const auto settlement = settlement_for(StopReason::none, thrown(JobFailure("E1").permanent()));
    CHECK(settlement.kind() == Kind::failed);
    CHECK(settlement.error().code == "E1");
}

TEST_CASE("a failure's own delay replaces the backoff's, clamped") {
    const auto delay = [](Duration wanted) {
        return settlement_for(StopReason::none, thrown(JobFailure("E1").retry_after(wanted)))
            .delay();
    };
    CHECK(delay(5min) == 5min);
    CHECK(delay(0s) == 0s);
    CHECK(delay(-1s) == 0s);
    CHECK(delay(Duration::max()) == std::chrono::days{36'500});
}

TEST_CASE("a policy without a delay fails the job with attempts left") {
    const RetryPolicy never = [](const FailedAttempt&) { return std::nullopt; };
    const auto settlement = detail::settlement_for(
        job_at(1, 3), StopReason::none, outcome_of(thrown(JobFailure("E1"))), {}, never, 0);
    CHECK(settlement.kind() == Kind::failed);
    CHECK(settlement.error().code == "E1");
}

TEST_CASE("a snoozed job is released for its delay unless it was asked to stop") {
    const auto snooze = thrown(Snooze{5min});
    for (const auto asked : {StopReason::none, StopReason::shutdown, StopReason::lease_lost}) {
        const auto settlement = settlement_for(asked, snooze, 3);
        CHECK(settlement.kind() == Kind::released);
        CHECK(settlement.delay() == 5min);
    }
    CHECK(settlement_for(StopReason::none, thrown(Snooze{-1s})).delay() == Snooze::min_delay);
    CHECK(settlement_for(StopReason::cancelled, snooze).kind() == Kind::cancelled);
    CHECK(settlement_for(StopReason::timed_out, snooze).error().code == error_code::timeout);
}

TEST_CASE("an exception's text is kept for the operator under internal_error") {
    const auto error =
        settlement_for(StopReason::none, thrown(std::runtime_error("pass\xFFword"))).error();
    CHECK(error.code == error_code::internal_error);
    CHECK(error.message == "pass\xEF\xBF\xBDword");
    CHECK(settlement_for(StopReason::none, thrown(42)).error().code == error_code::internal_error);
}

TEST_CASE("Interrupted without a stop request fails the attempt") {
    const auto settlement = settlement_for(StopReason::none, thrown(Interrupted{}));
    CHECK(settlement.kind() == Kind::retried);
    CHECK(settlement.error().code == error_code::internal_error);
}

TEST_CASE("a failure's texts are truncated") {
    const std::string long_text = std::string(JobError::max_message - 1, 'x') + "\u00E9 more";
    for (const auto attempts : {1, 3}) {
        const auto error =
            settlement_for(StopReason::none, thrown(JobFailure(long_text, long_text)), attempts)
                .error();
        CHECK(error.code == long_text.substr(0, JobError::max_code));
        CHECK(error.message == long_text.substr(0, JobError::max_message - 1));
    }
}

TEST_CASE("a failure's texts become storable") {
    const auto error =
        settlement_for(StopReason::none, thrown(JobFailure("E\xFF", std::string("a\0", 2))))
            .error();
    CHECK(error.code == "E\xEF\xBF\xBD");
    CHECK(error.message == "a\xEF\xBF\xBD");
}

} // namespace
