#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The effect of an accepted settlement on its job, which is `status` now. A job to be retried or
/// released was cancelled by the store if that had been requested.
inline JobEvent::Kind event_kind(const Settlement& settlement, JobStatus status) {
    switch (status) {
    case JobStatus::completed:
        return JobEvent::Kind::completed;
    case JobStatus::failed:
        return JobEvent::Kind::failed;
    case JobStatus::cancelled:
        return JobEvent::Kind::cancelled;
    default:
        return settlement.kind() == Settlement::Kind::retried ? JobEvent::Kind::retried
                                                              : JobEvent::Kind::released;
    }
}

/// The effect of a rescue on a job, which is `status` now.
inline JobEvent::Kind event_kind(const Rescued& rescued) {
    switch (rescued.status) {
    case JobStatus::failed:
        return JobEvent::Kind::failed;
    case JobStatus::cancelled:
        return JobEvent::Kind::cancelled;
    default:
        return JobEvent::Kind::rescued;
    }
}

inline JobEvent job_event(JobEvent::Kind kind, const ClaimedJob& job, Timestamp at) {
    return {.kind = kind,
            .job = job.lease.id,
            .type = job.type,
            .queue = job.queue,
            .attempt = job.attempt,
            .at = at,
            .created_at = job.created_at};
}

inline JobEvent job_event(const Throttled& throttled, Timestamp at) {
    return {.kind = JobEvent::Kind::throttled,
            .job = throttled.id,
            .type = throttled.type,
            .queue = throttled.queue,
            .at = at,
            .created_at = throttled.created_at,
            .limit = throttled.limit};
}

inline JobEvent job_event(const Settlement& settlement, JobStatus status, const Attempt& attempt,
                          Timestamp at) {
    auto event = job_event(event_kind(settlement, status), attempt.job(), at);
    event.ran = attempt.ran();
    if (event.kind == JobEvent::Kind::failed || event.kind == JobEvent::Kind::retried)
        event.error_code = settlement.error().code;
    return event;
}

/// Events of jobs that are known by id only: the rest is read from the store, and left empty if
/// that fails. Failed jobs have `error_code`.
inline std::vector<JobEvent> job_events(JobStore& store,
                                        std::span<const std::pair<JobEvent::Kind, JobId>> happened,
                                        Timestamp at, std::string_view error_code = {}) {
    std::vector<JobId> ids;
    for (const auto& [kind, id] : happened) ids.push_back(id);
    std::vector<std::optional<Job>> jobs(ids.size());
    try {
        jobs = store.find_summaries(ids);
    } catch (const std::exception&) {
        // The events stand; the next call of the store reports its fault.
    }
    std::vector<JobEvent> events;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        auto& event = events.emplace_back();
        event.kind = happened[i].first;
        event.job = ids[i];
        event.at = at;
        if (event.kind == JobEvent::Kind::failed) event.error_code = error_code;
        if (!jobs[i]) continue;
        event.type = std::move(jobs[i]->type);
        event.queue = std::move(jobs[i]->queue);
        event.created_at = jobs[i]->created_at;
    }
    return events;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
