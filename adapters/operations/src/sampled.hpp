#pragma once

#include <asyncjobs/time.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// A reading that serves all callers for a while. Nothing is read without callers.
///
/// Thread-safety  Full: one caller reads at a time.
/// Errors         What the reading throws is thrown to all callers for as long.
template <typename Value>
class Sampled {
public:
    using Clock = std::chrono::steady_clock;

    Sampled(Duration period, std::function<Value()> read)
        : period_(period), read_(std::move(read)) {}

    /// Waits while another caller reads.
    std::shared_ptr<const Value> get() {
        const std::lock_guard reading(reading_);
        return read_if_old();
    }

    /// Returns the last reading while another caller reads, and waits only for the first one.
    std::shared_ptr<const Value> get_or_last() {
        std::unique_lock reading(reading_, std::try_to_lock);
        if (!reading) {
            if (const auto last = this->last()) return last->get();
            reading.lock();
        }
        return read_if_old();
    }

private:
    struct Reading {
        std::shared_ptr<const Value> get() const {
            if (failure) std::rethrow_exception(failure);
            return value;
        }

        std::shared_ptr<const Value> value = {};
        std::exception_ptr failure = {};
    };

    std::optional<Reading> last() {
        const std::lock_guard lock(mutex_);
        return last_;
    }

    std::shared_ptr<const Value> read_if_old() {
        if (!last() || Clock::now() - read_at_ >= period_) {
            Reading reading;
            try {
                reading.value = std::make_shared<const Value>(read_());
            } catch (...) {
                reading.failure = std::current_exception();
            }
            read_at_ = Clock::now();
            const std::lock_guard lock(mutex_);
            last_ = std::move(reading);
        }
        return last()->get();
    }

    const Duration period_;
    const std::function<Value()> read_;
    std::mutex reading_; ///< guards `read_at_`
    Clock::time_point read_at_ = {};
    std::mutex mutex_;            ///< guards `last_`
    std::optional<Reading> last_; ///< empty: none yet
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
