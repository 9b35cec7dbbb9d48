#pragma once

#include <asyncjobs/asio.hpp>
#include <asyncjobs/detail/deadline.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <condition_variable>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/random.h>

namespace asyncjobs {
namespace detail {

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
        const auto arming = ++state_->arming;
        state_->timer.expires_after(bounded(delay));
        state_->timer.async_wait([state = state_, arming](boost::system::error_code) {
            const std::lock_guard running(state->running);
            if (state->is_current(arming)) state->task();
        });
    }

    void disarm() override {
        const std::lock_guard lock(state_->mutex);
        ++state_->arming;
        state_->timer.cancel();
    }

private:
    struct State {
        State(const boost::asio::any_io_executor& executor, Task what)
            : timer(executor), task(std::move(what)) {}

        bool is_current(std::uint64_t number) {
            const std::lock_guard lock(mutex);
            return arming == number;
        }

        std::mutex running; ///< held while the task is called
        std::mutex mutex;   ///< guards the two below
        boost::asio::steady_timer timer;
        std::uint64_t arming = 0;
        const Task task;
    };

    std::shared_ptr<State> state_;
};

class AsioLane final : public Lane {
public:
    explicit AsioLane(unsigned threads) : pool_(threads) {}
    ~AsioLane() override {
        pool_.stop();
        pool_.join();
    }
    void post(Task task) override { boost::asio::post(pool_, std::move(task)); }

private:
    boost::asio::thread_pool pool_;
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

/// The system's cryptographic randomness, fetched a block at a time.
class SystemRandom {
public:
    std::uint64_t next() {
        const std::lock_guard lock(mutex_);
        if (used_ == block_.size()) {
            if (::getentropy(block_.data(), sizeof block_) != 0)
                throw std::system_error(errno, std::generic_category(), "getentropy");
            used_ = 0;
        }
        return std::exchange(block_[used_++], 0);
    }

private:
    std::mutex mutex_;
    std::array<std::uint64_t, 32> block_{};
    std::size_t used_ = block_.size();
};

class AsioRuntime final : public Runtime {
public:
    /// Without an executor: timers on a thread of its own.
    explicit AsioRuntime(boost::asio::any_io_executor timers = {}) : timers_(std::move(timers)) {
        if (timers_) return;
        timers_ = own_context_.get_executor();
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
        return std::make_unique<AsioLane>(threads);
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

ASYNCJOBS_INLINE std::shared_ptr<Runtime> make_runtime() {
    return std::make_shared<detail::AsioRuntime>();
}

ASYNCJOBS_INLINE std::shared_ptr<Runtime> make_runtime(boost::asio::any_io_executor timers) {
    return std::make_shared<detail::AsioRuntime>(std::move(timers));
}

} // namespace asyncjobs
