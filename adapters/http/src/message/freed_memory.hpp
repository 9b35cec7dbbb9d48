#pragma once

#include <asyncjobs/runtime.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Returns heap memory of large requests and responses to the system, which the heap would keep: a
/// pause after a large one, and at most once in that pause.
///
/// Thread-safety  Full.
class FreedMemory {
public:
    /// `trim` is called by the runtime's timer, and must not block. If it throws, the next call
    /// makes up for it.
    FreedMemory(Runtime& runtime, Task trim)
        : trim_(std::move(trim)), timer_(runtime.make_timer([this] { fire(); })) {}

    /// A request or a response of this size is about to be freed.
    void note(std::size_t bytes) noexcept {
        if (bytes < large || armed_.exchange(true)) return;
        try {
            const std::lock_guard lock(mutex_);
            if (timer_) timer_->arm(pause);
        } catch (...) {
            armed_ = false;
        }
    }

    /// `trim` is not called afterwards.
    void close() noexcept {
        std::unique_lock lock(mutex_);
        const auto timer = std::move(timer_);
        lock.unlock();
    }

    /// Returns the heap's unused memory, on systems with a call for that.
    static void release_unused() noexcept;

private:
    static constexpr std::size_t large = 64 * 1024;
    static constexpr Duration pause = std::chrono::seconds{5};

    void fire() noexcept {
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
