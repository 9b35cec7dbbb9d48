#pragma once

#include <asyncjobs/job.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// A schedule, as operators see it: without the input of its jobs.
struct ScheduleView {
    std::string name = {};
    std::string cron = {};
    std::string zone = {};  ///< of the cron expression
    std::string type = {};  ///< of its jobs
    std::string queue = {}; ///< of its jobs
    bool paused = false;
    std::optional<Timestamp> next_slot = {};         ///< empty while paused
    std::optional<std::string> next_slot_local = {}; ///< in its zone, RFC 3339 with an offset
    std::optional<Timestamp> last_slot = {};
    std::optional<JobId> last_job = {};
};

/// What operators do with the host's schedules; schedules_of() makes it. All functions are set, or
/// none.
///
/// Thread-safety  The functions are called from several of the API's threads at once.
/// Errors         They throw Error, with Errc::not_found for an unknown name.
struct ScheduleControl {
    std::function<std::vector<ScheduleView>()> list = {}; ///< by name
    std::function<void(std::string_view name)> pause = {};
    std::function<void(std::string_view name)> resume = {};
    std::function<JobId(std::string_view name)> trigger = {}; ///< returns the job that it submits
};

/// Returns what operators do with the schedules of an asyncjobs::Scheduler, for
/// Options::schedules. The scheduler need not be started.
///
/// Ownership      Borrows the scheduler, which must outlive the API.
template <typename Scheduler>
ScheduleControl schedules_of(Scheduler& scheduler) {
    const auto list = [&scheduler] {
        std::vector<ScheduleView> views;
        for (const auto& status : scheduler.list()) {
            const auto& cron = status.schedule.cron;
            ScheduleView view{.name = status.name,
                              .cron = cron.expression(),
                              .zone = cron.zone(),
                              .type = status.schedule.job.type,
                              .queue = status.schedule.job.queue,
                              .paused = status.paused,
                              .next_slot = status.next_slot,
                              .last_slot = status.last_slot,
                              .last_job = status.last_job};
            if (view.next_slot) view.next_slot_local = cron.to_local_rfc3339(*view.next_slot);
            views.push_back(std::move(view));
        }
        return views;
    };
    return {.list = list,
            .pause = [&scheduler](std::string_view name) { scheduler.pause(name); },
            .resume = [&scheduler](std::string_view name) { scheduler.resume(name); },
            .trigger = [&scheduler](std::string_view name) { return scheduler.trigger(name); }};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
