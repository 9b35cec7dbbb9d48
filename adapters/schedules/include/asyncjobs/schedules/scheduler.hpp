#pragma once

#include <asyncjobs/executor.hpp>
#include <asyncjobs/schedules/schedule.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

struct SchedulerOptions {
    TimeSpan poll_every = std::chrono::seconds{1}; ///< 1 ms - 1 hour; the safety net under hints
    TimeSpan lease_for = std::chrono::seconds{10}; ///< 100 ms - 1 day; a crash delays a slot by it
    /// Called from any thread, one call at a time; must neither throw nor call the scheduler.
    std::function<void(const LogEntry&)> log = {};
};

/// Submits jobs by the clock, each slot's once, whichever and however many processes run a
/// Scheduler on the store.
///
/// A schedule is a pending job: of the type `asyncjobs.schedule`, in the queue
/// `asyncjobs.schedules`, due at its next slot. One Scheduler claims it. The transaction that
/// completes it submits the job of that slot and the schedule's job of the next one: all of it
/// happens, or none, and only once. So schedules live in the store, whether or not a Scheduler
/// runs, and an operator can read them there. To cancel such a job is to remove its schedule.
///
/// The store's clock decides what is due and what was missed; this process's clock finds the first
/// slot of a schedule that is new, changed or resumed. A slot's job has an id that is made of the
/// schedule's name and the slot, and there can be no second one as long as the first is kept.
///
/// Thread-safety  Full.
/// Blocking       Every member but start() and the constructors calls the store on the calling
///                thread. Those that change a schedule wait up to 30 seconds while it is firing.
/// Ownership      Borrows the store, which must outlive it.
/// Errors         Error, as the store threw it; Errc::invalid_argument for a name or a schedule
///                that breaks a rule; Errc::not_found for a name that no schedule has;
///                Errc::conflict for one that stays claimed for too long, by a process that died,
///                say; Errc::overloaded, of the constructor, where the system has no thread,
///                descriptor or memory left.
class ASYNCJOBS_SCHEDULES_DECL Scheduler {
public:
    explicit Scheduler(JobStore& store, SchedulerOptions options = {});
    Scheduler(JobStore& store, std::shared_ptr<Runtime> runtime, SchedulerOptions options = {});

    /// stop().
    ~Scheduler();

    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Adds a schedule or changes it. Where the cron stays the same, so does the next slot; where
    /// all does, nothing happens, so that each process may say it when it starts. A paused schedule
    /// stays paused.
    ///
    /// `name` is 1-100 characters of `A-Z a-z 0-9 . _ : / -`.
    void set(std::string_view name, const Schedule& schedule);

    /// With `input`, described by Boost.Describe, as what each job gets.
    template <typename Input>
    void set(std::string_view name, const Input& input, Schedule schedule) {
        schedule.job = new_job(input, std::move(schedule.job));
        set(name, schedule);
    }

    /// No slot fires until it is resumed. Slots that pass meanwhile are not missed: they are none.
    void pause(std::string_view name);
    void resume(std::string_view name);

    /// Submits the schedule's job now, paused or not, besides its slots. Answers its id: of the job
    /// that holds `unique_key` if one does.
    JobId trigger(std::string_view name);

    /// False if there was none. Jobs that it has submitted stay.
    bool remove(std::string_view name);

    /// By name. A schedule that is firing may be seen as it was before or after.
    std::vector<ScheduleStatus> list();

    /// Begins to fire. What the others do, they do without it.
    void start();

    /// Fires no more, and returns when what was under way is recorded.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
