#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/job_failure.hpp>
#include <asyncjobs/progress_reporter.hpp>
#include <asyncjobs/retry_policy.hpp>
#include <asyncjobs/store/settlement.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// How an attempt ended, before its settlement is decided.
struct AttemptOutcome {
    enum class Kind { returned, interrupted, snoozed, failed, threw };

    Kind kind = Kind::returned;
    JobError error = {};
    bool permanent = false;
    std::optional<Duration> delay = {}; ///< requested by the handler
};

inline AttemptOutcome outcome_of(const std::exception_ptr& thrown) {
    if (!thrown) return {};
    const auto internal = [](std::string_view text) {
        return AttemptOutcome{
            .kind = AttemptOutcome::Kind::threw,
            .error = {std::string(error_code::internal_error), storable(text), {}}};
    };
    try {
        std::rethrow_exception(thrown);
    } catch (const Interrupted&) {
        return {.kind = AttemptOutcome::Kind::interrupted};
    } catch (const Snooze& snooze) {
        return {.kind = AttemptOutcome::Kind::snoozed,
                .delay = std::max(Snooze::min_delay, bounded(snooze.delay))};
    } catch (const JobFailure& failure) {
        const auto& error = failure.error();
        return {.kind = AttemptOutcome::Kind::failed,
                .error = {storable(error.code), storable(error.message), error.details},
                .permanent = failure.is_permanent(),
                .delay = failure.retry_delay()};
    } catch (const std::exception& error) {
        return internal(error.what());
    } catch (...) {
        return internal("the handler threw something that is no std::exception");
    }
}

inline Settlement failure(const ClaimedJob& job, AttemptOutcome outcome, const RetryPolicy& retry,
                          std::uint64_t random_bits) {
    std::optional<Duration> delay;
    if (!outcome.permanent && job.attempt < job.max_attempts)
        delay = outcome.delay ? bounded(*outcome.delay)
                              : retry.delay_after({job, outcome.error, unit_interval(random_bits)});
    if (!delay) return Settlement::failed(job.lease, std::move(outcome.error));
    return Settlement::retried(job.lease, std::move(outcome.error), *delay);
}

inline AttemptOutcome timed_out() {
    return {
        .kind = AttemptOutcome::Kind::failed,
        .error = {std::string(error_code::timeout), "the attempt took longer than allowed", {}}};
}

/// The outcome of a handler that completed its job itself, and returned. If its transaction was
/// committed, the store refuses the settlement.
inline AttemptOutcome not_committed() {
    return {.kind = AttemptOutcome::Kind::failed,
            .error = {std::string(error_code::internal_error),
                      "the transaction that completed the job was not committed",
                      {}}};
}

/// The exception of an asynchronous handler that destroyed its completion without a call.
inline std::exception_ptr dropped_completion() {
    return std::make_exception_ptr(std::logic_error("the handler dropped its completion"));
}

/// Returns the settlement of an attempt. A handler that was asked to stop and did not return has
/// stopped for that reason; one that returned has completed.
inline Settlement settlement_for(const ClaimedJob& job, StopReason asked, AttemptOutcome outcome,
                                 JsonText result, const RetryPolicy& retry,
                                 std::uint64_t random_bits) {
    if (outcome.kind == AttemptOutcome::Kind::returned)
        return Settlement::completed(job.lease, std::move(result));
    switch (asked) {
    case StopReason::cancelled:
        return Settlement::cancelled(job.lease);
    case StopReason::timed_out:
        return failure(job, timed_out(), retry, random_bits);
    case StopReason::shutdown:
    case StopReason::lease_lost:
        if (outcome.kind != AttemptOutcome::Kind::failed)
            return Settlement::released(job.lease, outcome.delay.value_or(Duration::zero()));
        break;
    case StopReason::none:
        if (outcome.kind == AttemptOutcome::Kind::snoozed)
            return Settlement::released(job.lease, *outcome.delay);
        if (outcome.kind == AttemptOutcome::Kind::interrupted)
            outcome.error = {std::string(error_code::internal_error),
                             "the handler threw Interrupted without having been asked to stop",
                             {}};
        break;
    }
    return failure(job, std::move(outcome), retry, random_bits);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
