#pragma once

#include <asyncjobs/runtime.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

/// A world in virtual time: one thread, one event queue, all randomness from one seed, so that a
/// failed run can be repeated exactly. Time passes only when an event is due, and then at once.
///
/// Thread-safety  None: one thread runs everything.
class ASYNCJOBS_TESTING_DECL Simulation {
public:
    explicit Simulation(std::uint64_t seed);

    SteadyTime now() const noexcept { return now_; } ///< virtual time
    Timestamp wall_clock() const noexcept;           ///< virtual time, from a day in 2025 on
    std::uint64_t random() noexcept;                 ///< 64 bits
    /// Uniform in [low, high].
    Duration random_duration(Duration low, Duration high) noexcept;
    bool chance(double probability) noexcept; ///< true with this probability, 0-1

    /// Calls `task` once, `delay` from now; events of the same time run in the order of their
    /// posting.
    void after(Duration delay, Task task);

    /// Handles events until `done()` holds, or until nothing happens before `deadline`; then it is
    /// `deadline`. Returns the last value of `done()`. May be called from within an event.
    bool run_until(const std::function<bool()>& done, SteadyTime deadline);
    void run_for(Duration duration); ///< handles the events of this time

private:
    std::map<std::pair<SteadyTime, std::uint64_t>, Task> events_;
    SteadyTime now_{std::chrono::hours{1}};
    std::uint64_t posted_ = 0;
    std::uint64_t random_state_;
};

/// One process of a Simulation. Its lanes run in virtual time, each task after a short, random
/// latency of up to `latency`; with 0, causes and effects happen at the same time.
///
/// Thread-safety  None.
/// Ownership      Borrows the simulation.
class ASYNCJOBS_TESTING_DECL SimulatedRuntime final : public Runtime {
public:
    explicit SimulatedRuntime(Simulation& simulation,
                              Duration latency = std::chrono::milliseconds{2});
    ~SimulatedRuntime() override;

    /// Like kill -9: tasks that were posted or armed never run, and waits end at once. Objects that
    /// used this runtime can then be destroyed without further effect.
    void crash() noexcept;

    /// Like SIGSTOP and, `duration` later, SIGCONT: events that become due in between happen then.
    void pause(Duration duration);

    /// Like a machine that sleeps for `duration`: as pause(), but now() stands still meanwhile,
    /// while wall_clock() continues.
    void suspend(Duration duration);

    bool is_crashed() const noexcept; ///< whether crash() was called

    /// Calls `task` unless the process has crashed by then.
    void after(Duration delay, Task task);

    SteadyTime now() const override;
    Timestamp wall_clock() const override;
    std::uint64_t random() override;
    std::unique_ptr<Timer> make_timer(Task task) override;
    std::unique_ptr<Lane> make_lane(unsigned threads) override;
    std::unique_ptr<Event> make_event() override;

private:
    struct Process;
    class SimulatedTimer;
    class SimulatedLane;
    class SimulatedEvent;

    std::shared_ptr<Process> process_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
