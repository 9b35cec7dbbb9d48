#pragma once

#include <asyncjobs/asio.hpp>
#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/detail/system_random.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// Memory for one handler at a time; further ones use the heap.
class TimerMemory {
public:
    void* allocate(std::size_t bytes) {
        if (bytes > sizeof bytes_ || used_.exchange(true)) return ::operator new(bytes);
        return bytes_;
    }
    void deallocate(void* memory) noexcept {
        if (memory != bytes_) return ::operator delete(memory);
        used_ = false;
    }

private:
    alignas(std::max_align_t) std::byte bytes_[512];
    std::atomic<bool> used_ = false;
};

/// A timer has at most one pending wait, in its own memory, so that arm() allocates none.
class AsioTimer final : public Timer {
public:
    AsioTimer(const boost::asio::any_io_executor& executor, Task task)
        : state_(std::make_shared<State>(executor, std::move(task))) {}

    ~AsioTimer() override {
        const std::lock_guard lock(state_->running);
        disarm();
    }

    void arm(Duration delay) override {
        const std::lock_guard lock(state_->mutex);
        state_->timer.expires_after(bounded(delay)); // ends the pending wait
        if (!state_->waiting) wait(state_);
        state_->armed = true;
    }

    void disarm() override {
        const std::lock_guard lock(state_->mutex);
        state_->armed = false;
        state_->timer.cancel();
    }

private:
    struct State {
        State(const boost::asio::any_io_executor& executor, Task what)
            : timer(executor), task(std::move(what)) {}

        TimerMemory memory;
        std::mutex running; ///< held while the task is called
        std::mutex mutex;   ///< guards everything below
        boost::asio::steady_timer timer;
        bool armed = false;
        bool waiting = false; ///< a handler is pending
        const Task task;
    };
    using StatePtr = std::shared_ptr<State>;

    template <typename T>
    struct Allocator {
        using value_type = T;

        explicit Allocator(TimerMemory& from) noexcept : memory(&from) {}
        template <typename Other>
        Allocator(const Allocator<Other>& other) noexcept : memory(other.memory) {}

        T* allocate(std::size_t count) {
            return static_cast<T*>(memory->allocate(count * sizeof(T)));
        }
        void deallocate(T* allocated, std::size_t) noexcept { memory->deallocate(allocated); }

        template <typename Other>
        bool operator==(const Allocator<Other>& other) const noexcept {
            return memory == other.memory;
        }

        TimerMemory* memory;
    };

    struct Waited {
        explicit Waited(StatePtr of) : state(std::move(of)), memory(&state->memory) {}

        using allocator_type = Allocator<std::byte>;
        allocator_type get_allocator() const noexcept { return allocator_type(*memory); }

        void operator()(boost::system::error_code) const {
            const std::lock_guard running(state->running);
            std::unique_lock lock(state->mutex);
            state->waiting = false;
            if (!state->armed) return;
            if (state->timer.expiry() > std::chrono::steady_clock::now()) return wait(state);
            state->armed = false;
            lock.unlock();
            state->task();
        }

        StatePtr state;
        TimerMemory* memory; ///< Asio also needs it from a handler that was moved from
    };

    static void wait(const StatePtr& state) {
        state->timer.async_wait(Waited(state));
        state->waiting = true;
    }

    StatePtr state_;
};

class ThreadLane final : public Lane {
public:
    /// Starts the first thread at once, so that later posts always run.
    explicit ThreadLane(unsigned threads) : limit_(threads) {
        const std::lock_guard lock(mutex_);
        threads_.emplace_back([this] { work(); });
    }
    ~ThreadLane() override {
        std::unique_lock lock(mutex_);
        closed_ = true;
        const auto dropped = std::move(tasks_);
        const auto running = std::move(threads_), ended = std::move(ended_);
        changed_.notify_all();
        lock.unlock();
    }

    void post(Task task) override {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
        if (idle_ >= tasks_.size())
            wake_one();
        else
            add_thread();
    }

    void set_threads(unsigned threads) override {
        const std::lock_guard lock(mutex_);
        limit_ = threads;
        for (std::size_t i = 0; i < tasks_.size(); ++i) add_thread();
        changed_.notify_all();
    }

private:
    using Threads = std::list<std::jthread>;

    /// Wakes one thread at a time: a thread that wakes up wakes the next one if more tasks wait. So
    /// idle threads take tasks that arrive meanwhile, and a stream of short tasks causes fewer
    /// wake-ups.
    void wake_one() {
        if (idle_ > 0 && !std::exchange(waking_, true)) changed_.notify_one();
    }

    /// Continues without a thread that the system refuses, or has no memory for.
    void add_thread() {
        ended_.clear();
        if (threads_.size() >= limit_) return;
        try {
            threads_.emplace_back([this] { work(); });
        } catch (const std::exception&) {
        }
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (true) {
            ++idle_;
            while (!closed_ && !is_one_too_many() && tasks_.empty()) {
                changed_.wait(lock);
                waking_ = false;
            }
            --idle_;
            if (closed_) return;
            if (is_one_too_many()) return end();
            {
                const auto task = std::move(tasks_.front());
                tasks_.pop_front();
                if (!tasks_.empty()) wake_one();
                lock.unlock();
                task();
            }
            lock.lock();
        }
    }

    bool is_one_too_many() const { return threads_.size() > limit_; }

    /// The calling thread is joined later.
    void end() {
        const auto own =
            std::ranges::find(threads_, std::this_thread::get_id(), &std::jthread::get_id);
        ended_.splice(ended_.end(), threads_, own);
        if (!tasks_.empty()) wake_one(); // another thread for the task that woke this one
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    unsigned limit_;
    std::size_t idle_ = 0;
    bool waking_ = false; ///< an idle thread was notified, but has not woken yet
    bool closed_ = false;
    Threads threads_;
    Threads ended_; ///< or about to end
};

class ThreadEvent final : public Event {
public:
    void set() override {
        const std::lock_guard lock(mutex_);
        set_ = true;
        changed_.notify_all();
    }

    bool wait(std::optional<SteadyTime> deadline) override {
        std::unique_lock lock(mutex_);
        const auto is_set = [this] { return set_; };
        if (deadline) return changed_.wait_until(lock, *deadline, is_set);
        changed_.wait(lock, is_set);
        return true;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool set_ = false;
};

class AsioRuntime final : public Runtime {
public:
    /// Without an executor: timers on its own thread.
    explicit AsioRuntime(boost::asio::any_io_executor timers = {}) : timers_(std::move(timers)) {
        if (timers_) return;
        timers_ = own_context_.get_executor();
        // The first timer opens the shared descriptors: now, while some are left.
        const boost::asio::steady_timer first(timers_);
        own_thread_ = std::jthread([this] { own_context_.run(); });
    }

    ~AsioRuntime() override { own_context_.stop(); }

    SteadyTime now() const override {
        return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
    }
    Timestamp wall_clock() const override {
        return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    }
    std::uint64_t random() override { return random_.next(); }

    std::unique_ptr<Timer> make_timer(Task task) override {
        return std::make_unique<AsioTimer>(timers_, std::move(task));
    }
    std::unique_ptr<Lane> make_lane(unsigned threads) override {
        return std::make_unique<ThreadLane>(threads);
    }
    std::unique_ptr<Event> make_event() override { return std::make_unique<ThreadEvent>(); }

private:
    SystemRandom random_;
    boost::asio::io_context own_context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> own_work_{
        own_context_.get_executor()};
    boost::asio::any_io_executor timers_;
    std::jthread own_thread_;
};

} // namespace detail

ASYNCJOBS_INLINE std::shared_ptr<Runtime> make_runtime() try {
    return std::make_shared<detail::AsioRuntime>();
} catch (...) {
    detail::rethrow_as_error("a runtime");
}

ASYNCJOBS_INLINE std::shared_ptr<Runtime> make_runtime(boost::asio::any_io_executor timers) try {
    return std::make_shared<detail::AsioRuntime>(std::move(timers));
} catch (...) {
    detail::rethrow_as_error("a runtime");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
