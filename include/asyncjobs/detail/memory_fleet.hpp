#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/store/audit.hpp>
#include <asyncjobs/store/tallies.hpp>
#include <asyncjobs/store/workers.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The workers of a MemoryJobStore, what they did, and what operators did. The members do what
/// those of OperatorStore do; their callers check the arguments.
///
/// Thread-safety  None.
class ASYNCJOBS_DECL MemoryFleet {
public:
    WorkerOrders heartbeat(const WorkerHeartbeat& heartbeat, Timestamp now);
    WorkerPage workers(std::string_view after, std::size_t limit, Timestamp now) const;
    bool order(std::string_view name, const WorkerOrder& order, Duration valid_for, Timestamp now);
    HistoryPage history(const HistoryQuery& query) const;
    void record(AuditEntry entry, Timestamp now);
    AuditPage audit(const AuditQuery& query) const;
    std::size_t purge(std::size_t limit, Timestamp now);

private:
    struct Worker {
        WorkerRecord record = {};
        std::uint64_t run = 0;
        std::uint64_t number = 0;       ///< of the last heartbeat
        std::uint64_t order_number = 0; ///< of the last order
    };

    void add(const Tally& minute);
    std::size_t purge_workers(std::size_t limit, Timestamp now);
    std::size_t purge_tallies(std::size_t limit, Timestamp now);
    std::size_t purge_audit(std::size_t limit, Timestamp now);

    std::map<std::string, Worker, std::less<>> workers_;
    std::array<std::map<TallyKey, Tally>, 3> tallies_; ///< by TallyPeriod
    std::map<JobId, AuditEntry, std::greater<>> audit_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
