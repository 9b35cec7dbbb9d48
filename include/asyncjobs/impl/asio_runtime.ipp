#pragma once

#include <asyncjobs/asio.hpp>
#include <asyncjobs/detail/deadline.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#ifdef _WIN32
#include <random>
#else
#include <sys/random.h>
#include <unistd.h>
#endif

namespace asyncjobs::inline ASYNCJOBS_ABI {
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

class ThreadLane final : public Lane {
public:
    /// Its first thread is there at once, so that what is posted later does run.
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

    /// One at a time: who wakes up wakes the next one if there is more to do. So threads that have
    /// time take what comes meanwhile, and a stream of short tasks does not pay for as many
    /// wakings.
    void wake_one() {
        if (idle_ > 0 && !std::exchange(waking_, true)) changed_.notify_one();
    }

    /// A thread that the system refuses is done without.
    void add_thread() {
        ended_.clear();
        if (threads_.size() >= limit_) return;
        try {
            threads_.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
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

    /// The thread that calls this is joined later.
    void end() {
        const auto own =
            std::ranges::find(threads_, std::this_thread::get_id(), &std::jthread::get_id);
        ended_.splice(ended_.end(), threads_, own);
        if (!tasks_.empty()) wake_one(); // whoever should have had the task that woke this one
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    unsigned limit_;
    std::size_t idle_ = 0;
    bool waking_ = false; ///< an idle thread has been told to, and is not there yet
    bool closed_ = false;
    Threads threads_;
    Threads ended_; ///< or about to
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
            fill_block();
            used_ = 0;
        }
        return std::exchange(block_[used_++], 0);
    }

private:
    void fill_block() {
#ifdef _WIN32
        for (std::uint64_t& bits : block_)
            bits = std::uint64_t{device_()} << 32 | std::uint64_t{device_()};
#else
        // libstdc++'s std::random_device takes twenty times as long.
        if (::getentropy(block_.data(), sizeof block_) != 0)
            throw std::system_error(errno, std::generic_category(), "getentropy");
#endif
    }

#ifdef _WIN32
    std::random_device device_;
#endif
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

ASYNCJOBS_INLINE std::shared_ptr<Runtime> make_runtime() {
    return std::make_shared<detail::AsioRuntime>();
}

ASYNCJOBS_INLINE std::shared_ptr<Runtime> make_runtime(boost::asio::any_io_executor timers) {
    return std::make_shared<detail::AsioRuntime>(std::move(timers));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
