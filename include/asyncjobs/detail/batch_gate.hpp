#pragma once

#include <asyncjobs/detail/batch_window.hpp>
#include <asyncjobs/runtime.hpp>

#include <cstddef>
#include <memory>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Where a caller about to commit waits for others that are about to arrive: see BatchWindow.
///
/// Thread-safety  Call every member with the lock held that guards the waiting callers. One caller
///                waits at a time.
class BatchGate {
public:
    explicit BatchGate(Runtime& runtime) noexcept : runtime_(runtime) {}

    /// Another caller has arrived.
    void came() {
        if (missing_ > 0 && --missing_ == 0) all_came_->set();
    }

    /// `waiting` callers are present already.
    void wait(std::unique_lock<std::mutex>& lock, std::size_t waiting) {
        const auto missing = batch_window_.missing(waiting);
        if (missing == 0) return;
        all_came_ = runtime_.make_event();
        missing_ = missing;
        lock.unlock();
        const bool all_came = all_came_->wait(runtime_.now() + batch_window_.pause());
        lock.lock();
        batch_window_.paused(all_came);
        missing_ = 0;
    }

    void committed(std::size_t callers, std::size_t waiting, Duration took) {
        batch_window_.committed(callers, waiting, took);
    }

private:
    Runtime& runtime_;
    BatchWindow batch_window_;
    std::size_t missing_ = 0;
    std::unique_ptr<Event> all_came_; ///< set once `missing_` callers have arrived
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
