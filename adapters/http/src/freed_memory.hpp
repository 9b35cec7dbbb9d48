#pragma once

#include <asyncjobs/runtime.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Gives back to the system what large requests and answers have left to the heap, which would keep
/// it: a while after the last of them, and at most once in that time.
///
/// Thread-safety  Full.
class FreedMemory {
public:
    /// `trim` is called by the runtime's timer, and must not block. Where it throws, the next one
    /// has to do.
    FreedMemory(Runtime& runtime, Task trim)
        : trim_(std::move(trim)), timer_(runtime.make_timer([this] { ring(); })) {}

    /// A request or an answer of this size is about to be freed.
    void note(std::size_t bytes) noexcept {
        if (bytes < large || armed_.exchange(true)) return;
        try {
            const std::lock_guard lock(mutex_);
            if (timer_) timer_->arm(pause);
        } catch (...) {
            armed_ = false;
        }
    }

    /// `trim` is not called any more.
    void close() noexcept {
        std::unique_lock lock(mutex_);
        const auto timer = std::move(timer_);
        lock.unlock();
    }

    /// All that the heap holds and does not need, where it can be told to.
    static void give_back() noexcept;

private:
    static constexpr std::size_t large = 64 * 1024;
    static constexpr Duration pause = std::chrono::seconds{5};

    void ring() noexcept {
        armed_ = false;
        try {
            trim_();
        } catch (...) {
        }
    }

    const Task trim_;
    std::atomic<bool> armed_ = false;
    std::mutex mutex_;
    std::unique_ptr<Timer> timer_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
