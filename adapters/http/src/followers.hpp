#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/runtime.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// One who waits for what becomes of a job, with no thread. Called from any thread, also at the
/// same time; must neither block nor throw.
class Follower {
public:
    Follower() = default;
    virtual ~Follower() = default;
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    /// The job as it is, and after each change; empty, once, if it is gone.
    virtual void on_change(const std::optional<Job>& job) = 0;
    /// The time that was asked for is over. Answers after which it is asked again; 0: never, and it
    /// leaves.
    virtual Duration on_time() = 0;
    virtual void on_end() = 0; ///< there will be no more changes: the service goes down
};

/// All that follow a job: each learns of changes, of time and of the end, until it leaves.
///
/// Thread-safety  Full.
class Followers {
public:
    Followers(Client& client, std::shared_ptr<Runtime> runtime);

    /// `after` is when on_time() is due. If it throws, the follower has left again.
    void join(const std::shared_ptr<Follower>& follower, const JobId& id, Duration after);

    /// Waits for an on_change() that is under way, so not from within it.
    void leave(const Follower& follower);

    /// on_end() for all, and at once for whoever joins later.
    void end();

    /// end(), and all leave. Uses the client no more afterwards.
    void close();

private:
    using Alarms = std::multimap<SteadyTime, const Follower*>;
    struct Place {
        std::shared_ptr<Follower> follower = {};
        Client::Watch watch = {};
        std::optional<Alarms::iterator> alarm = {};
    };

    void enter(const std::shared_ptr<Follower>& follower, const JobId& id, Duration after);
    void ring() noexcept;
    bool ring_first(SteadyTime now) noexcept;
    void arm_for_first(SteadyTime now);

    Client& client_;
    const std::shared_ptr<Runtime> runtime_;
    std::mutex mutex_;
    bool ended_ = false;
    std::unordered_map<const Follower*, Place> places_;
    Alarms alarms_;
    SteadyTime armed_for_ = SteadyTime::max(); ///< or for nothing
    std::unique_ptr<Timer> timer_;             // last: its end waits for a call that uses the rest
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
