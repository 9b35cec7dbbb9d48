#pragma once

#include <asyncjobs/events.hpp>
#include <asyncjobs/executor_options.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Writes the log entries and publishes the events of an executor, if its host wants them.
///
/// Thread-safety  Full. Called without a lock: the log and the store's notifications may call the
///                executor.
/// Ownership      Borrows all of it.
class ASYNCJOBS_DECL ExecutorReports {
public:
    ExecutorReports(JobStore& store, Runtime& runtime, const ExecutorOptions& options) noexcept
        : store_(store), runtime_(runtime), options_(options) {}

    /// Whether events have a stream.
    bool has_events() const noexcept { return options_.events != nullptr; }
    void publish(std::vector<JobEvent> events);

    void log(LogEntry::Level level, const std::string& message, const JobId& job = {});
    void started(const ClaimedJob& job, Duration waited);
    void progressed(const ClaimedJob& job, int percent);
    /// Notifies the store's subscribers, too. `events` are those of the jobs, if they have a
    /// stream.
    void rescued(const std::vector<Rescued>& jobs, std::vector<JobEvent> events);
    void clock_notice(const ClockNotice& notice);

private:
    JobStore& store_;
    Runtime& runtime_;
    const ExecutorOptions& options_;
    std::mutex log_mutex_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/executor_reports.ipp>
#endif
