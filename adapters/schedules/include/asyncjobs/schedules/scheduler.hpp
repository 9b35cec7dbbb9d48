#pragma once

#include <asyncjobs/executor.hpp>
#include <asyncjobs/schedules/schedule.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Every member is checked by Scheduler's constructor.
struct SchedulerOptions {
    TimeSpan poll_every = std::chrono::seconds{1}; ///< 1 ms - 1 hour; in case a hint is lost
    TimeSpan lease_for = std::chrono::seconds{10}; ///< 100 ms - 1 day; a crash delays a slot by it
    /// Called from any thread, one call at a time; must neither throw nor call the scheduler.
    std::function<void(const LogEntry&)> log = {};
};

/// Submits a job at each slot of its schedules, once, however many processes run a Scheduler on the
/// store.
///
/// A schedule is a pending job: of the type `asyncjobs.schedule`, in the queue
/// `asyncjobs.schedules`, due at its next slot. One Scheduler claims it. The transaction that
/// completes it submits that slot's job and the schedule's job for the next slot: all or nothing,
/// and only once. So schedules persist in the store, whether or not a Scheduler runs, and an
/// operator can read them there. Cancelling such a job removes its schedule.
///
/// The store's clock decides what is due and what was missed; this process's clock finds the first
/// slot of a schedule that is new, changed or resumed. The id of a slot's job is derived from the
/// schedule's name and the slot, so that no second one can exist while the first is kept.
///
/// Thread-safety  Full.
/// Blocking       Every member but start() and the constructors calls the store on the calling
///                thread. Members that change a schedule wait up to 30 seconds while it fires.
/// Ownership      Borrows the store, which must outlive it.
/// Errors         Error, as the store threw it; Errc::invalid_argument for a name or a schedule
///                that breaks a rule; Errc::not_found for a name that no schedule has;
///                Errc::conflict for a schedule that stays claimed for too long, for example by a
///                process that died; Errc::overloaded, from the constructor, if the system has no
///                thread, descriptor or memory left.
class ASYNCJOBS_SCHEDULES_DECL Scheduler {
public:
    explicit Scheduler(JobStore& store, SchedulerOptions options = {});
    Scheduler(JobStore& store, std::shared_ptr<Runtime> runtime, SchedulerOptions options = {});

    /// Calls stop().
    ~Scheduler();

    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Adds a schedule or changes it. The next slot changes only if the cron does. An unchanged
    /// schedule is not written, so that each process may call this when it starts. A paused
    /// schedule stays paused.
    ///
    /// `name` is 1-100 characters of `A-Z a-z 0-9 . _ : / -`.
    void set(std::string_view name, const Schedule& schedule);

    /// As above, with `input`, a struct described by Boost.Describe, as the input of each job.
    template <typename Input>
    void set(std::string_view name, const Input& input, Schedule schedule) {
        schedule.job = new_job(input, std::move(schedule.job));
        set(name, schedule);
    }

    /// No slot fires until resume(). Slots that pass in between do not count as missed.
    void pause(std::string_view name);
    void resume(std::string_view name); ///< fires again, from the next slot on

    /// Submits the schedule's job now, paused or not, in addition to its slots. Returns its id, or
    /// the id of the job that already holds `unique_key`.
    JobId trigger(std::string_view name);

    /// Returns false if no such schedule exists. Jobs that it has submitted stay.
    bool remove(std::string_view name);

    /// Returns the schedules in the order of their names. One that is firing may appear as before
    /// or as after.
    std::vector<ScheduleStatus> list();

    /// Begins to fire slots. The other members work without it.
    void start();

    /// Stops firing; returns when slots that are firing are recorded.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
