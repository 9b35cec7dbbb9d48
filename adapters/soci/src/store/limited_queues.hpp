#pragma once

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/time.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Caches which queues are under limits, so that claims from other queues cost no more than without
/// any limit.
///
/// Thread-safety  Full.
class LimitedQueues {
public:
    bool are_known(SteadyTime now) const {
        const std::lock_guard lock(mutex_);
        return now < good_until_;
    }

    void set(std::vector<std::string> queues, SteadyTime now) {
        const std::lock_guard lock(mutex_);
        queues_ = std::move(queues);
        good_until_ = now + std::chrono::milliseconds{500};
    }

    void forget() {
        const std::lock_guard lock(mutex_);
        good_until_ = {};
    }

    /// Whether the claim is under limits.
    bool any_of(const ClaimRequest& request) {
        const std::lock_guard lock(mutex_);
        const auto is_claimed_from = [&](const std::string& queue) {
            return queue.empty() ||
                   std::ranges::find(request.queues, queue) != request.queues.end();
        };
        const bool is_limited = std::ranges::any_of(queues_, is_claimed_from) ||
                                std::ranges::any_of(request.limits, is_claimed_from, &Limit::queue);
        were_claimed_from_ |= is_limited;
        return is_limited;
    }

    /// Whether limited queues were claimed from since the last call.
    bool were_claimed_from() {
        const std::lock_guard lock(mutex_);
        return std::exchange(were_claimed_from_, false);
    }

    /// The last job of job_waiting that a sweep has checked; empty: begins at the first.
    std::string swept_to() const {
        const std::lock_guard lock(mutex_);
        return swept_to_;
    }
    void set_swept_to(std::string job) {
        const std::lock_guard lock(mutex_);
        swept_to_ = std::move(job);
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> queues_; ///< an empty name means all
    SteadyTime good_until_ = {};
    bool were_claimed_from_ = false;
    std::string swept_to_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
