#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/run_leases.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The jobs of an executor, each from its claim until the store has accepted its settlement.
///
/// Thread-safety  None.
class LiveJobs {
public:
    bool empty() const noexcept { return jobs_.empty(); }

    /// Returns false if this lease was passed before, in whatever call: its job runs once.
    bool is_new(const LeaseRef& lease) { return run_leases_.add(lease); }

    /// Returns the attempt of the same job that it replaces, or null: that lease was lost.
    std::shared_ptr<Attempt> add(std::shared_ptr<Attempt> attempt) {
        return std::exchange(jobs_[attempt->lease().id], attempt);
    }

    /// Removes the job and returns its attempt, or null if it isn't live under this lease: it may
    /// have been lost and claimed again.
    std::shared_ptr<Attempt> remove(const LeaseRef& lease) {
        const auto found = jobs_.find(lease.id);
        if (found == jobs_.end() || found->second->lease() != lease) return nullptr;
        return jobs_.extract(found).mapped();
    }

    /// Null if the job isn't live.
    std::shared_ptr<Attempt> find(const JobId& id) const {
        const auto found = jobs_.find(id);
        return found == jobs_.end() ? nullptr : found->second;
    }

    bool holds(const LeaseRef& lease) const {
        const auto found = jobs_.find(lease.id);
        return found != jobs_.end() && found->second->lease() == lease;
    }

    Attempts all() const {
        Attempts attempts;
        attempts.reserve(jobs_.size());
        for (const auto& [id, attempt] : jobs_) attempts.push_back(attempt);
        return attempts;
    }

private:
    std::unordered_map<JobId, std::shared_ptr<Attempt>> jobs_;
    RunLeases run_leases_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
