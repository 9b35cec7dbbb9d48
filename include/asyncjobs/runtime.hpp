#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What a timer or a lane calls.
using Task = std::function<void()>;

/// Calls its task once, some time after it was armed, on a thread of the Runtime.
///
/// Thread-safety  Full. The destructor waits for a call under way, so a timer must not be destroyed
///                by its own task. The task must not block and must not throw.
/// Errors         An arm() that throws has changed nothing.
class ASYNCJOBS_DECL Timer {
public:
    virtual ~Timer() = default;

    /// Replaces an earlier arming.
    virtual void arm(Duration delay) = 0;
    virtual void disarm() = 0; ///< a call under way continues
};

/// Threads that may block, as many as there are tasks, up to a limit; tasks start in the order of
/// their posting.
///
/// Thread-safety  Full. The destructor drops tasks that have not started and waits for those that
///                have.
/// Errors         A post() that throws has changed nothing. Tasks must not throw.
class ASYNCJOBS_DECL Lane {
public:
    virtual ~Lane() = default;
    virtual void post(Task task) = 0; ///< returns before the task has run

    /// A new limit, at least 1; excess threads end with their current tasks.
    virtual void set_threads(unsigned threads) = 0;
};

/// A one-shot event: one thread waits, another sets it.
class ASYNCJOBS_DECL Event {
public:
    virtual ~Event() = default;
    /// Ends the present and every later wait.
    virtual void set() = 0;

    /// False if `deadline` passed first. Without a deadline, waits indefinitely.
    virtual bool wait(std::optional<SteadyTime> deadline) = 0;
};

/// Clock, timers, randomness and threads: the core's only access to the outside world.
///
/// testing::SimulatedRuntime runs the same code in virtual time. Hosts with their own clock, timers
/// or threads implement it.
///
/// Thread-safety  Full.
/// Ownership      Must outlive the objects that it made.
class ASYNCJOBS_DECL Runtime {
public:
    virtual ~Runtime() = default;

    virtual SteadyTime now() const = 0;       ///< for time limits and timers
    virtual Timestamp wall_clock() const = 0; ///< may be set back
    virtual std::uint64_t random() = 0;       ///< 64 random bits

    virtual std::unique_ptr<Timer> make_timer(Task task) = 0; ///< not armed
    /// With up to `threads`, at least 1.
    virtual std::unique_ptr<Lane> make_lane(unsigned threads) = 0;
    virtual std::unique_ptr<Event> make_event() = 0; ///< not set
};

/// The real one, with its own timer thread. See asio.hpp for one on a host's io_context.
[[nodiscard]] ASYNCJOBS_DECL std::shared_ptr<Runtime> make_runtime();

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/asio_runtime.ipp>
#endif
