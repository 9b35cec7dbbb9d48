#pragma once

#include <asyncjobs/detail/batch_window.hpp>
#include <asyncjobs/runtime.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Where a caller about to commit waits for others that are about to arrive: see BatchWindow.
///
/// Thread-safety  Call every member with the lock held that guards the waiting callers.
class BatchGate {
public:
    explicit BatchGate(const Runtime& runtime) noexcept : runtime_(runtime) {}

    /// Another caller has arrived.
    void came() {
        if (missing_ > 0 && --missing_ == 0) all_came_.notify_one();
    }

    /// `waiting` callers are present already.
    void wait(std::unique_lock<std::mutex>& lock, std::size_t waiting) {
        missing_ = batch_window_.missing(waiting);
        if (missing_ == 0) return;
        const auto deadline = runtime_.now() + batch_window_.pause();
        batch_window_.paused(
            all_came_.wait_until(lock, deadline, [this] { return missing_ == 0; }));
        missing_ = 0;
    }

    void committed(std::size_t callers, std::size_t waiting, Duration took) {
        batch_window_.committed(callers, waiting, took);
    }

private:
    const Runtime& runtime_;
    BatchWindow batch_window_;
    std::size_t missing_ = 0;
    std::condition_variable all_came_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
