#pragma once

#include <asyncjobs/detail/executor_reports.hpp>
#include <asyncjobs/detail/job_event.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE void ExecutorReports::publish(std::vector<JobEvent> events) {
    if (!events.empty()) options_.events->publish(std::move(events));
}

ASYNCJOBS_INLINE void ExecutorReports::log(LogEntry::Level level, const std::string& message,
                                           const JobId& job) {
    if (!options_.log) return;
    const std::lock_guard lock(log_mutex_);
    options_.log({level, message, job});
}

ASYNCJOBS_INLINE void ExecutorReports::started(const ClaimedJob& job, Duration waited) {
    if (!has_events()) return;
    auto event = job_event(JobEvent::Kind::started, job, runtime_.wall_clock());
    event.waited = waited;
    publish({std::move(event)});
}

ASYNCJOBS_INLINE void ExecutorReports::progressed(const ClaimedJob& job, int percent) {
    if (!has_events()) return;
    auto event = job_event(JobEvent::Kind::progressed, job, runtime_.wall_clock());
    event.percent = percent;
    publish({std::move(event)});
}

ASYNCJOBS_INLINE void ExecutorReports::rescued(const std::vector<Rescued>& jobs,
                                               std::vector<JobEvent> events) {
    std::vector<JobId> changed;
    for (const auto& job : jobs) {
        changed.push_back(job.id);
        log(job.status == JobStatus::failed ? LogEntry::Level::error : LogEntry::Level::warning,
            fmt::format("worker lost; its job is {} now", to_string(job.status)), job.id);
    }
    if (has_events()) publish(std::move(events));
    store_.notifier().changed(changed);
    for (const auto& job : jobs)
        if (job.status == JobStatus::pending) store_.notifier().ready(job.queue);
}

ASYNCJOBS_INLINE void ExecutorReports::clock_notice(const ClockNotice& notice) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(notice.by).count();
    using Kind = ClockNotice::Kind;
    const auto text = [&] {
        switch (notice.kind) {
        case Kind::set_back:
            return fmt::format("the job store's clock was set back by {} s: the times of its jobs "
                               "were moved back as well",
                               seconds);
        case Kind::other_ahead:
            return fmt::format("the clock of another process that uses this job store is {} s "
                               "ahead: the times of its jobs are moved back",
                               seconds);
        case Kind::other_behind:
            break;
        }
        return fmt::format("the clock of another process that uses this job store is {} s behind: "
                           "leases expire that much later",
                           seconds);
    };
    log(LogEntry::Level::warning, text());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
