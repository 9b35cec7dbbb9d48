#pragma once

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/store_changes.hpp>

#include <functional>
#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Keeps jobs in this process's memory: the reference for every backend, for tests and for work
/// that need not survive a restart.
///
/// Thread-safety  Full.
/// Durability     None.
class ASYNCJOBS_DECL MemoryJobStore final : public JobStore {
public:
    /// The store's clock.
    using Clock = std::function<Timestamp()>;

    MemoryJobStore();
    explicit MemoryJobStore(Clock clock);
    ~MemoryJobStore() override;

    StoreCapabilities capabilities() const noexcept override { return StoreCapabilities::all(); }
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override;
    std::vector<ClaimedJob> leases_of(std::string_view worker) override;
    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override;
    std::vector<Promoted> promote(std::size_t limit) override;
    std::size_t purge(std::size_t limit) override;
    std::optional<std::string> tombstone_owner(const JobId& id) override;
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override;
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override;
    JobPage list(const JobQuery& query) override;
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) override;
    RetryOutcome retry(const JobId& id) override;
    RemoveOutcome remove(const JobId& id) override;
    Workload workload(std::string_view queue, std::string_view type) override;
    void set_paused(std::string_view queue, bool paused) override;
    void set_limit(const Limit& limit) override;
    std::vector<Limit> limits() override;
    std::vector<ClockNotice> take_clock_notices() override;
    OperatorStore* operators() noexcept override;

    /// Returns what has changed since the last call of this; the first call returns nothing, and
    /// begins to record. For a store that keeps its jobs in memory and writes them elsewhere.
    StoreChanges take_changes();

    /// Makes changes that another MemoryJobStore has returned. The changes of all stores of the
    /// same jobs must be made in one order, before the next call.
    ///
    /// Errors  std::bad_alloc; the state of the store is then undefined.
    void apply(const StoreChanges& changes);

private:
    struct State;
    class Operators;
    std::unique_ptr<State> state_;
    std::unique_ptr<Operators> operators_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/memory_changes.ipp>
#include <asyncjobs/impl/memory_claim.ipp>
#include <asyncjobs/impl/memory_fleet.ipp>
#include <asyncjobs/impl/memory_job_store.ipp>
#include <asyncjobs/impl/memory_operators.ipp>
#include <asyncjobs/impl/memory_queues.ipp>
#include <asyncjobs/impl/memory_reads.ipp>
#include <asyncjobs/impl/memory_records.ipp>
#include <asyncjobs/impl/memory_search.ipp>
#include <asyncjobs/impl/memory_sweeps.ipp>
#include <asyncjobs/impl/memory_wait.ipp>
#endif
