#pragma once

#include <asyncjobs/store/settlement.hpp>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Remembers the latest leases of an executor, so that it runs none of them twice, whatever the
/// store returns. An older lease would run again.
///
/// Remembers at least the latest `enough` jobs, in two generations, of which the older one is
/// discarded as a whole.
class RunLeases {
public:
    static constexpr std::size_t enough = 32768;

    /// False if this lease is known.
    bool add(const LeaseRef& lease) {
        const auto before = older_.find(lease.id);
        if (before != older_.end() && before->second == lease.fence) return false;
        const auto [known, is_new] = newer_.try_emplace(lease.id, lease.fence);
        if (!is_new && std::exchange(known->second, lease.fence) == lease.fence) return false;
        if (newer_.size() >= enough) {
            std::swap(older_, newer_);
            newer_.clear();
        }
        return true;
    }

private:
    std::unordered_map<JobId, std::int64_t> newer_; ///< the latest fence of each job
    std::unordered_map<JobId, std::int64_t> older_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
