#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/transitions.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE std::vector<Renewal> JobStore::check_leases(std::span<const LeaseRef> leases) {
    std::vector<JobId> ids;
    ids.reserve(leases.size());
    for (const LeaseRef& lease : leases) ids.push_back(lease.id);
    const auto jobs = find(ids);
    std::vector<Renewal> renewals(leases.size());
    for (std::size_t i = 0; i < leases.size(); ++i)
        if (jobs[i]) renewals[i] = transitions::check_lease(*jobs[i], leases[i]);
    return renewals;
}

ASYNCJOBS_INLINE std::vector<Promoted> JobStore::promote(std::size_t limit) {
    check_limit(limit);
    return {};
}

ASYNCJOBS_INLINE std::optional<std::string> JobStore::tombstone_owner(const JobId& id) {
    detail::refuse_unsupported("the id of tombstone_owner()", id.text(), "tombstones");
}

ASYNCJOBS_INLINE Workload JobStore::workload(std::string_view queue, std::string_view) {
    detail::refuse_unsupported("the queue of workload()", queue, "workload");
}

ASYNCJOBS_INLINE void JobStore::set_paused(std::string_view queue, bool) {
    detail::refuse_unsupported("the queue of set_paused()", queue, "queue_control");
}

ASYNCJOBS_INLINE void JobStore::set_limit(const Limit& limit) {
    detail::refuse_unsupported("the name of set_limit()", limit.name, "limits");
}

ASYNCJOBS_INLINE std::vector<Limit> JobStore::limits() {
    detail::refuse_unsupported("limits() was called", "limits");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
