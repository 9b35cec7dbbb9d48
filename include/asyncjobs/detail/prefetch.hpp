#pragma once

#include <asyncjobs/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Decides how many jobs to claim ahead of a free thread: short jobs in batches, to share the cost
/// of a transaction; long ones not at all, so that none waits here while another process could run
/// it.
class Prefetch {
public:
    /// No job should wait here longer than about this.
    static constexpr Duration budget = std::chrono::milliseconds{20};

    Prefetch(unsigned threads, unsigned limit) noexcept : threads_(threads), limit_(limit) {}

    void set_threads(unsigned threads) noexcept { threads_ = threads; }

    void ran(Duration duration) noexcept {
        const auto sample = static_cast<double>(std::max(duration.count(), Duration::rep{1}));
        mean_ = mean_ == 0 ? sample : mean_ + (sample - mean_) / 8;
    }

    /// Jobs waited too long: the running ones take at least as long.
    void overdue(Duration waited) noexcept {
        mean_ = std::max(mean_, static_cast<double>(waited.count()));
    }

    std::size_t target() const noexcept {
        if (mean_ == 0) return 0;
        const double fitting = static_cast<double>(budget.count()) * threads_ / mean_;
        return static_cast<std::size_t>(std::min(fitting, static_cast<double>(limit_)));
    }

private:
    unsigned threads_;
    unsigned limit_;
    double mean_ = 0; ///< microseconds, weighted towards recent runs; 0: unknown
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
