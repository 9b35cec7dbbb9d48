#pragma once

#include <asyncjobs/detail/job_event.hpp>
#include <asyncjobs/detail/tally_book.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// What the event of an ended attempt counts as.
inline TallyOutcome tally_outcome(JobEvent::Kind kind) noexcept {
    switch (kind) {
    case JobEvent::Kind::completed:
        return TallyOutcome::completed;
    case JobEvent::Kind::failed:
        return TallyOutcome::failed;
    case JobEvent::Kind::cancelled:
        return TallyOutcome::cancelled;
    case JobEvent::Kind::retried:
        return TallyOutcome::retried;
    case JobEvent::Kind::rescued:
        return TallyOutcome::rescued;
    default:
        return TallyOutcome::released;
    }
}

/// An attempt whose settlement the store has accepted; its job is `status` now. Borrows the names.
inline EndedAttempt ended_attempt(const Settlement& settlement, JobStatus status,
                                  const Attempt& attempt, Timestamp at) {
    EndedAttempt ended{.at = at,
                       .queue = attempt.job().queue,
                       .type = attempt.job().type,
                       .outcome = tally_outcome(event_kind(settlement, status)),
                       .ran = attempt.ran()};
    if (const auto started_at = attempt.started_at()) ended.waited = attempt.waited(*started_at);
    if (ended.outcome == TallyOutcome::failed || ended.outcome == TallyOutcome::retried)
        ended.error_code = settlement.error().code;
    return ended;
}

/// An attempt that a rescue has ended. Borrows the names. The type of a job that could not be read
/// counts as other.
inline EndedAttempt ended_attempt(const Rescued& job, const JobEvent& event) {
    return {.at = event.at,
            .queue = job.queue,
            .type = event.type.empty() ? Tally::other : std::string_view(event.type),
            .outcome = tally_outcome(event.kind),
            .error_code = event.error_code};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
