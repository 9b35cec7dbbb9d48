#pragma once

#include <asyncjobs/time.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// A reading that serves all callers for a while. Nothing is read without callers.
///
/// Thread-safety  Full: while one caller reads, the others wait for that reading.
template <typename Value>
class Sampled {
public:
    using Clock = std::chrono::steady_clock;

    Sampled(Duration period, std::function<Value()> read)
        : period_(period), read_(std::move(read)) {}

    /// Throws what the reading throws; the next call reads again.
    std::shared_ptr<const Value> get() {
        const std::lock_guard lock(mutex_);
        if (!value_ || Clock::now() - read_at_ >= period_) {
            value_ = nullptr;
            value_ = std::make_shared<const Value>(read_());
            read_at_ = Clock::now();
        }
        return value_;
    }

private:
    const Duration period_;
    const std::function<Value()> read_;
    std::mutex mutex_;
    std::shared_ptr<const Value> value_;
    Clock::time_point read_at_ = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
