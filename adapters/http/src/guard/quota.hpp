#pragma once

#include <asyncjobs/http/headers.hpp>
#include <asyncjobs/runtime.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Limits the rate of each principal: `most` at once, which are refilled evenly over the period.
///
/// Thread-safety  Full.
class Quota {
public:
    /// The state after take().
    struct Standing {
        bool granted = true;
        std::size_t left = 0;
        Duration next_in = {}; ///< until the next is available, if none is left
        Duration full_in = {}; ///< until the quota is full again
    };

    /// `most` in each `period`; 0: no quota.
    Quota(std::size_t most, Duration period) noexcept : most_(most), period_(period) {}

    bool is_set() const noexcept { return most_ > 0; }
    Standing take(const std::string& who, SteadyTime now);

    /// Undoes a take() that was granted.
    Standing refund(const std::string& who, SteadyTime now);

    /// Writes the policy and `standing`, as `name`, to the fields RateLimit-Policy and RateLimit.
    void describe(std::string_view name, const Standing& standing, Headers& headers) const;

private:
    Duration each() const noexcept; ///< time to refill one
    Standing standing(SteadyTime full_at, SteadyTime now) const noexcept;
    void remove_full(SteadyTime now);

    const std::size_t most_;
    const Duration period_;
    std::mutex mutex_;
    std::map<std::string, SteadyTime> full_at_; ///< owners whose quota is not full
    std::size_t cleanup_size_ = 1024;           ///< number of owners at which full ones are removed
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
