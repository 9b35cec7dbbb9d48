#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/runtime.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Observes one job, or only the time, without a thread. Called from any thread, possibly
/// concurrently; must neither block nor throw.
class JobObserver {
public:
    JobObserver() = default;
    virtual ~JobObserver() = default;
    JobObserver(const JobObserver&) = delete;
    JobObserver& operator=(const JobObserver&) = delete;

    /// Called with the job's current state and after each change; empty, once, if it is removed.
    virtual void on_change(const std::optional<Job>& job) = 0;
    /// Called when its time has passed. Returns the time until the next call; 0: it leaves.
    virtual Duration on_time() = 0;
    virtual void on_end() = 0; ///< no more changes: the service shuts down
};

/// Notifies those that have joined of changes, of their time and of the shutdown, until they leave.
///
/// Thread-safety  Full.
class JobObservers {
public:
    JobObservers(Client& client, std::shared_ptr<Runtime> runtime);

    /// on_time() is due after `after`. If join() throws, nothing has joined.
    void join(const std::shared_ptr<JobObserver>& observer, const JobId& id, Duration after);
    /// Likewise, without a job.
    void join(const std::shared_ptr<JobObserver>& observer, Duration after);

    /// Waits for an on_change() in progress; must not be called within it.
    void leave(const JobObserver& observer);

    /// Calls on_end() of each, and of those that join afterwards.
    void end();

    /// Calls end(), and removes all. Does not use the client afterwards.
    void close();

private:
    using Alarms = std::multimap<SteadyTime, const JobObserver*>;
    struct Place {
        std::shared_ptr<JobObserver> observer = {};
        Client::Watch watch = {};
        std::optional<Alarms::iterator> alarm = {};
    };

    void enter(const std::shared_ptr<JobObserver>& observer, const JobId* id, Duration after);
    void join(const std::shared_ptr<JobObserver>& observer, const JobId* id, Duration after);
    void fire() noexcept;
    bool fire_first(SteadyTime now) noexcept;
    void arm_for_first(SteadyTime now);

    Client& client_;
    const std::shared_ptr<Runtime> runtime_;
    std::mutex mutex_;
    bool ended_ = false;
    std::unordered_map<const JobObserver*, Place> places_;
    Alarms alarms_;
    SteadyTime armed_for_ = SteadyTime::max(); ///< max(): not armed
    std::unique_ptr<Timer> timer_; // last: its destructor waits for a call that uses the others
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
