#pragma once

#include <asyncjobs/config.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What a JobStore can do besides its required members: see JobStore::capabilities(). A call that
/// needs a capability that the store lacks throws Error (Errc::unsupported); nothing happened then.
struct StoreCapabilities {
    bool dependencies = false;  ///< NewJob::after, JobQuery::needed_by; promote() unblocks jobs
    bool limits = false;        ///< set_limit(), limits(), ClaimRequest::limits
    bool tombstones = false;    ///< tombstone_owner()
    bool queue_control = false; ///< set_paused()
    bool workload = false;      ///< workload()

    /// Every capability that this version of the library knows.
    static constexpr StoreCapabilities all() noexcept {
        return {.dependencies = true,
                .limits = true,
                .tombstones = true,
                .queue_control = true,
                .workload = true};
    }

    /// Whether these are at least `needed`.
    constexpr bool includes(const StoreCapabilities& needed) const noexcept {
        return (dependencies || !needed.dependencies) && (limits || !needed.limits) &&
               (tombstones || !needed.tombstones) && (queue_control || !needed.queue_control) &&
               (workload || !needed.workload);
    }

    friend bool operator==(const StoreCapabilities&, const StoreCapabilities&) = default;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
