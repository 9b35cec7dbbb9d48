#pragma once

#include <asyncjobs/store/limit_engine.hpp>
#include <asyncjobs/time.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// How many due jobs a claim under limits looks at.
///
/// A claim sets jobs aside that have to wait. Meanwhile the claimed jobs wait, and so do other
/// claims under these limits, whose buckets lose starts. So a claim that got a job sets aside only
/// as many as take a short time; a claim that got none continues, as a job that may start may
/// follow.
///
/// Thread-safety  Full.
class LookSize {
public:
    static constexpr std::size_t least = LimitEngine::enough, most = 1000;

    std::size_t first() const noexcept { return size_; }

    /// Records a claim that got jobs, looked at `count` and took `took`, which should be at most
    /// `at_most`.
    void got(std::size_t count, std::size_t throttled, Duration took, Duration at_most) noexcept {
        const std::size_t size = size_;
        if (throttled > 0 && took > at_most)
            size_ = std::max(least, size * 3 / 4);
        else if (count >= size)
            size_ = std::min(most, size + (throttled > 0 ? size / 4 : size));
    }

private:
    std::atomic<std::size_t> size_ = 64;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
