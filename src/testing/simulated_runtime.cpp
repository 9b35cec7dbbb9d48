#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <algorithm>
#include <deque>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

Simulation::Simulation(std::uint64_t seed) : random_state_(seed) {}

Timestamp Simulation::wall_clock() const noexcept {
    constexpr Timestamp epoch{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    return epoch + now_.time_since_epoch();
}

std::uint64_t Simulation::random() noexcept {
    // splitmix64
    std::uint64_t z = random_state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

Duration Simulation::random_duration(Duration low, Duration high) noexcept {
    const auto width = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Duration(static_cast<Duration::rep>(random() % width));
}

bool Simulation::chance(double probability) noexcept {
    return static_cast<double>(random() >> 11) * 0x1p-53 < probability;
}

void Simulation::after(Duration delay, Task task) {
    events_.emplace(std::pair(asyncjobs::detail::deadline_after(now_, delay), ++posted_),
                    std::move(task));
}

bool Simulation::run_until(const std::function<bool()>& done, SteadyTime deadline) {
    while (!done()) {
        if (events_.empty() || events_.begin()->first.first > deadline) {
            now_ = std::max(now_, deadline);
            return done();
        }
        const auto event = events_.extract(events_.begin());
        now_ = std::max(now_, event.key().first);
        event.mapped()();
    }
    return true;
}

void Simulation::run_for(Duration duration) {
    run_until([] { return false; }, now_ + duration);
}

struct SimulatedRuntime::Process : std::enable_shared_from_this<Process> {
    Process(Simulation& in, Duration most) : world(in), latency(most) {}

    SteadyTime now() const noexcept { return std::max(world.now(), woke_at) - slept; }

    /// Calls `task` when the process is alive and awake, and `delay` has passed for it.
    void after(Duration delay, Task task) {
        post(delay, asyncjobs::detail::deadline_after(now(), delay), std::move(task));
    }

    void post(Duration delay, SteadyTime due, Task task) {
        world.after(delay, [self = shared_from_this(), due, task = std::move(task)]() mutable {
            self->resume(due, std::move(task));
        });
    }

    void resume(SteadyTime due, Task task) {
        if (crashed) return;
        if (world.now() < paused_until)
            post(paused_until - world.now(), due, std::move(task));
        else if (now() < due)
            post(due - now(), due, std::move(task));
        else
            task();
    }

    Simulation& world;
    const Duration latency;
    bool crashed = false;
    SteadyTime paused_until = {};
    SteadyTime woke_at = {}; ///< from the latest sleep
    Duration slept = {};     ///< in total
};

class SimulatedRuntime::SimulatedTimer final : public Timer {
public:
    SimulatedTimer(std::shared_ptr<Process> process, Task task)
        : process_(std::move(process)), state_(std::make_shared<State>(std::move(task))) {}
    ~SimulatedTimer() override { disarm(); }

    void arm(Duration delay) override {
        process_->after(delay, [state = state_, arming = ++state_->arming] {
            if (state->arming == arming) state->task();
        });
    }
    void disarm() override { ++state_->arming; }

private:
    struct State {
        explicit State(Task what) : task(std::move(what)) {}

        const Task task;
        std::uint64_t arming = 0;
    };

    std::shared_ptr<Process> process_;
    std::shared_ptr<State> state_;
};

/// Tasks take no time, so the number of threads does not matter; a lane of one thread keeps their
/// order.
class SimulatedRuntime::SimulatedLane final : public Lane {
public:
    explicit SimulatedLane(std::shared_ptr<Process> process) : process_(std::move(process)) {}
    ~SimulatedLane() override { *open_ = false; }

    void post(Task task) override {
        auto& world = process_->world;
        const auto most = process_->latency;
        const auto latency = world.random_duration(std::min(Duration{10}, most), most);
        last_ = std::max(last_, world.now() + latency);
        process_->after(last_ - world.now(), [open = open_, task = std::move(task)] {
            if (*open) task();
        });
    }
    void set_threads(unsigned) override {}

private:
    std::shared_ptr<Process> process_;
    std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
    SteadyTime last_ = {};
};

class SimulatedRuntime::SimulatedEvent final : public Event {
public:
    explicit SimulatedEvent(std::shared_ptr<Process> process) : process_(std::move(process)) {}

    void set() override { set_ = true; }

    bool wait(std::optional<SteadyTime> deadline) override {
        process_->world.run_until(
            [this] { return set_ || process_->crashed; },
            deadline ? asyncjobs::detail::deadline_after(*deadline, process_->slept)
                     : SteadyTime::max());
        return set_;
    }

private:
    std::shared_ptr<Process> process_;
    bool set_ = false;
};

SimulatedRuntime::SimulatedRuntime(Simulation& simulation, Duration latency)
    : process_(std::make_shared<Process>(simulation, latency)) {}

SimulatedRuntime::~SimulatedRuntime() = default;

void SimulatedRuntime::crash() noexcept { process_->crashed = true; }

void SimulatedRuntime::pause(Duration duration) {
    process_->paused_until = std::max(process_->paused_until, process_->world.now() + duration);
}

void SimulatedRuntime::suspend(Duration duration) {
    pause(duration);
    process_->slept += duration;
    process_->woke_at = process_->world.now() + duration;
}

bool SimulatedRuntime::is_crashed() const noexcept { return process_->crashed; }

void SimulatedRuntime::after(Duration delay, Task task) { process_->after(delay, std::move(task)); }

SteadyTime SimulatedRuntime::now() const { return process_->now(); }

Timestamp SimulatedRuntime::wall_clock() const { return process_->world.wall_clock(); }

std::uint64_t SimulatedRuntime::random() { return process_->world.random(); }

std::unique_ptr<Timer> SimulatedRuntime::make_timer(Task task) {
    return std::make_unique<SimulatedTimer>(process_, std::move(task));
}

std::unique_ptr<Lane> SimulatedRuntime::make_lane(unsigned) {
    return std::make_unique<SimulatedLane>(process_);
}

std::unique_ptr<Event> SimulatedRuntime::make_event() {
    return std::make_unique<SimulatedEvent>(process_);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
