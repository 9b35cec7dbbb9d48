#include "subject.hpp"

#include <asyncjobs/job.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace bench {
namespace {

/// A mutex and a deque, as in a program without this library.
class BareQueue final : public Subject {
public:
    explicit BareQueue(const Load& load) : load_(load) {}

    double enqueue1() override {
        return rate(load_.jobs, load_.seconds, [&] { return push(1); });
    }

    double enqueue16() override {
        return rate_of_threads(16, load_.jobs, load_.seconds,
                               [this](unsigned) { return [this] { return push(1); }; });
    }

    double bulk() override {
        return rate(load_.jobs, load_.seconds, [&] { return push(1000); });
    }

    double drain() override {
        push(load_.jobs);
        return rate(load_.jobs, 1e9, [&] { return pop(drain_batch); });
    }

    double latency() override {
        Clock::time_point started;
        bool ran = false, stop = false;
        std::condition_variable changed;
        std::thread worker([&] {
            std::unique_lock lock(mutex_);
            for (;;) {
                changed.wait(lock, [&] { return stop || !queue_.empty(); });
                if (stop) return;
                started = Clock::now();
                queue_.pop_front();
                ran = true;
                changed.notify_all();
            }
        });
        const auto median = median_of([&] {
            std::unique_lock lock(mutex_);
            ran = false;
            const auto submitted = Clock::now();
            queue_.emplace_back();
            changed.notify_all();
            changed.wait(lock, [&] { return ran; });
            return microseconds_since(submitted, started);
        });
        {
            const std::lock_guard lock(mutex_);
            stop = true;
            changed.notify_all();
        }
        worker.join();
        return median;
    }

private:
    std::size_t push(std::size_t count) {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < count; ++i) queue_.emplace_back();
        return count;
    }

    std::size_t pop(std::size_t count) {
        const std::lock_guard lock(mutex_);
        count = std::min(count, queue_.size());
        for (std::size_t i = 0; i < count; ++i) queue_.pop_front();
        return count;
    }

    const Load load_;
    std::mutex mutex_;
    std::deque<asyncjobs::Job> queue_;
};

class MemoryPlace final : public Place {
public:
    std::string url() const override { return "memory:"; }
    std::unique_ptr<Subject> make_bare(const Load& load) const override {
        return std::make_unique<BareQueue>(load);
    }
};

} // namespace

std::unique_ptr<Place> make_memory_place() { return std::make_unique<MemoryPlace>(); }

} // namespace bench
