#pragma once

#include <asyncjobs/store/job_store.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Forwards every call to another store. Derive from it and override members, for fault injection,
/// tracing or encryption.
///
/// Ownership      Borrows `inner`, which must outlive it.
class ASYNCJOBS_DECL ForwardingJobStore : public JobStore {
public:
    explicit ForwardingJobStore(JobStore& inner) noexcept : inner_(inner) {}

    StoreCapabilities capabilities() const noexcept override { return inner_.capabilities(); }
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        return inner_.submit(jobs);
    }
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        return inner_.exchange(settlements, request);
    }
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        return inner_.renew(heartbeats, lease_for);
    }
    std::vector<Renewal> check_leases(std::span<const LeaseRef> leases) override {
        return inner_.check_leases(leases);
    }
    std::vector<ClaimedJob> leases_of(std::string_view worker) override {
        return inner_.leases_of(worker);
    }
    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override {
        return inner_.rescue(limit, crash_limit);
    }
    std::vector<Promoted> promote(std::size_t limit) override { return inner_.promote(limit); }
    std::size_t purge(std::size_t limit) override { return inner_.purge(limit); }
    std::optional<std::string> tombstone_owner(const JobId& id) override {
        return inner_.tombstone_owner(id);
    }
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        return inner_.find(ids);
    }
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override {
        return inner_.find_summaries(ids);
    }
    JobPage list(const JobQuery& query) override { return inner_.list(query); }
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) override {
        return inner_.cancel(id, cancellation);
    }
    RetryOutcome retry(const JobId& id) override { return inner_.retry(id); }
    RemoveOutcome remove(const JobId& id) override { return inner_.remove(id); }
    Workload workload(std::string_view queue, std::string_view type) override {
        return inner_.workload(queue, type);
    }
    void set_paused(std::string_view queue, bool paused) override {
        inner_.set_paused(queue, paused);
    }
    void set_limit(const Limit& limit) override { inner_.set_limit(limit); }
    std::vector<Limit> limits() override { return inner_.limits(); }
    void interrupt() noexcept override { inner_.interrupt(); }
    std::vector<ClockNotice> take_clock_notices() override { return inner_.take_clock_notices(); }
    Notifier& notifier() noexcept override { return inner_.notifier(); }

protected:
    JobStore& inner() noexcept { return inner_; } ///< the store that calls are passed to

private:
    JobStore& inner_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
