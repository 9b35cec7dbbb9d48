#pragma once

#include <asyncjobs/http/headers.hpp>
#include <asyncjobs/runtime.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// How much each principal may do in a time: all of it at once, if it likes, and then as it comes
/// back, evenly.
///
/// Thread-safety  Full.
class Quota {
public:
    /// What is left after a try.
    struct Standing {
        bool granted = true;
        std::size_t left = 0;
        Duration next_in = {}; ///< until there is one more, if none is left
        Duration full_in = {}; ///< until all is there again
    };

    /// `most` in each `period`; 0: no quota.
    Quota(std::size_t most, Duration period) noexcept : most_(most), period_(period) {}

    bool is_set() const noexcept { return most_ > 0; }
    Standing take(const std::string& who, SteadyTime now);

    /// Undoes a take() that was granted.
    Standing give_back(const std::string& who, SteadyTime now);

    /// Tells the policy and `standing`, as `name`, in the fields RateLimit-Policy and RateLimit.
    void describe(std::string_view name, const Standing& standing, Headers& headers) const;

private:
    Duration each() const noexcept; ///< in which one comes back
    Standing standing(SteadyTime full_at, SteadyTime now) const noexcept;
    void forget_the_full(SteadyTime now);

    const std::size_t most_;
    const Duration period_;
    std::mutex mutex_;
    std::map<std::string, SteadyTime> full_at_; ///< owners whose quota is not full
    std::size_t looked_through_at_ = 1024; ///< how many there are when it is time to forget some
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
