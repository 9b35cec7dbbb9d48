#pragma once

#include <asyncjobs/detail/ended_attempt.hpp>
#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/worker_name.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Null for a store without operators. Has a lane of its own: a heartbeat may wait for the rows of
/// tallies that another worker has locked, and leases have to be renewed meanwhile.
ASYNCJOBS_INLINE std::unique_ptr<Heartbeats> ExecutorCore::make_heartbeats() {
    auto* const operators = store_.operators();
    if (!operators) return nullptr;
    heartbeat_lane_ = runtime_.make_lane(1);
    return std::make_unique<Heartbeats>(
        runtime_, *operators, *heartbeat_lane_, options_.heartbeat_every,
        Heartbeats::Hooks{.report = [this] { return report(); },
                          .take_tallies =
                              [this](std::size_t limit) {
                                  const Lock lock(mutex_);
                                  return tallies_.take(limit);
                              },
                          .obey = [this](const WorkerOrder& order) { obey(order); },
                          .on_refused =
                              [this](const std::string& why) {
                                  reports_.log(LogEntry::Level::warning,
                                               fmt::format("job store refuses the report of this "
                                                           "worker: {}",
                                                           why));
                              }});
}

/// A list of a report.
inline std::vector<std::string> listed(std::vector<std::string> names) {
    names.resize(std::min(names.size(), WorkerReport::max_names));
    return names;
}

ASYNCJOBS_INLINE WorkerReport ExecutorCore::report() {
    WorkerReport report{.worker = worker_,
                        .host = host_name(),
                        .process = static_cast<std::uint64_t>(process_id()),
                        .version = options_.version,
                        .next_within = Heartbeats::longest(options_.heartbeat_every)};
    const Lock lock(mutex_);
    report.started_at = started_at_;
    report.state = phase_ != Phase::started ? WorkerState::stopping
                   : planner_.is_quiet()    ? WorkerState::quiet
                                            : WorkerState::running;
    report.concurrency = planner_.concurrency();
    report.running = planner_.running();
    report.queues = listed(planner_.queue_names());
    report.types = listed(handlers_.types());
    return report;
}

ASYNCJOBS_INLINE void ExecutorCore::obey(const WorkerOrder& order) {
    std::string changes;
    try {
        if (order.quiet) {
            set_quiet(*order.quiet);
            changes = *order.quiet ? "no job is claimed" : "jobs are claimed again";
        }
        if (order.concurrency) {
            set_concurrency(*order.concurrency);
            if (!changes.empty()) changes += ", ";
            changes += fmt::format("up to {} jobs run at once", *order.concurrency);
        }
        reports_.log(LogEntry::Level::info, fmt::format("operator's order obeyed: {}", changes));
    } catch (const std::exception& error) {
        reports_.log(LogEntry::Level::error,
                     fmt::format("operator's order failed: {}", error.what()));
    }
}

ASYNCJOBS_INLINE void ExecutorCore::set_quiet(bool quiet) {
    Lock lock(mutex_);
    planner_.set_quiet(quiet);
    exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::on_rescued(const std::vector<Rescued>& jobs) {
    std::vector<JobEvent> events;
    if (reports_.has_events() || heartbeats_) {
        std::vector<std::pair<JobEvent::Kind, JobId>> happened;
        happened.reserve(jobs.size());
        for (const auto& job : jobs) happened.emplace_back(event_kind(job), job.id);
        events = job_events(store_, happened, runtime_.wall_clock(), error_code::worker_lost);
    }
    if (heartbeats_) {
        const Lock lock(mutex_);
        for (std::size_t i = 0; i < jobs.size(); ++i)
            tallies_.add(ended_attempt(jobs[i], events[i]));
    }
    reports_.rescued(jobs, std::move(events));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
