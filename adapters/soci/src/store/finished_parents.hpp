#pragma once

#include <asyncjobs/job_id.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Jobs that this process has finished and that may have dependents: no need to search the index,
/// which keeps the entries of handled ones.
///
/// Thread-safety  Full.
class FinishedParents {
public:
    void add(std::span<const JobId> ids) {
        const std::lock_guard lock(mutex_);
        // The rest is found by a search.
        const auto room = most - std::min(most, ids_.size());
        ids_.insert(ids_.end(), ids.begin(),
                    ids.begin() + static_cast<std::ptrdiff_t>(std::min(room, ids.size())));
    }

    /// Returns `work(ids)` of up to `limit` ids and drops them. If it throws, they are kept.
    template <typename Work>
    auto take(std::size_t limit, Work&& work) {
        auto taken = take(limit);
        try {
            return work(std::span(taken));
        } catch (...) {
            add(taken);
            throw;
        }
    }

private:
    std::vector<JobId> take(std::size_t limit) {
        const std::lock_guard lock(mutex_);
        const auto rest = ids_.begin() + static_cast<std::ptrdiff_t>(std::min(limit, ids_.size()));
        std::vector<JobId> taken(ids_.begin(), rest);
        ids_.erase(ids_.begin(), rest);
        return taken;
    }

    static constexpr std::size_t most = 10'000;
    std::mutex mutex_;
    std::vector<JobId> ids_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
