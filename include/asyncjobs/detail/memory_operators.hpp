#pragma once

#include <asyncjobs/detail/memory_fleet.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What operators ask a MemoryJobStore: each member locks the jobs, and asks State
/// or the fleet.
///
/// Ownership  Borrows the state.
class MemoryJobStore::Operators final : public OperatorStore {
public:
    explicit Operators(State& state) noexcept : state_(state) {}

    StatusCounts counts() override;
    QueuePage queues(std::string_view after, std::size_t limit) override;
    JobSearchPage search(const JobSearch& search) override;
    std::optional<JobWait> why(const JobId& id) override;
    std::vector<CancelOutcome> cancel(std::span<const JobId> ids,
                                      const Cancellation& cancellation) override;
    std::vector<RetryOutcome> retry(std::span<const JobId> ids) override;
    std::vector<RemoveOutcome> remove(std::span<const JobId> ids) override;
    std::vector<RunNowOutcome> run_now(std::span<const JobId> ids) override;
    WorkerOrders heartbeat(const WorkerHeartbeat& heartbeat) override;
    WorkerPage workers(std::string_view after, std::size_t limit) override;
    bool order(std::string_view worker, const WorkerOrder& order, Duration valid_for) override;
    HistoryPage history(const HistoryQuery& query) override;
    void record(const AuditEntry& entry) override;
    AuditPage audit(const AuditQuery& query) override;
    std::size_t purge(std::size_t limit) override;

private:
    /// Returns `change(id, now)` of each.
    template <typename Outcome, typename Change>
    std::vector<Outcome> change_all(std::span<const JobId> ids, Change change);

    State& state_;
    detail::MemoryFleet fleet_; ///< its members are called with the state's lock
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
