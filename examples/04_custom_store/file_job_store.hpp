#pragma once

#include "journal.hpp"

#include <asyncjobs/store/memory_job_store.hpp>

#include <memory>
#include <mutex>

/// Keeps jobs in one file that a person can read: each call that changes something appends one line
/// with the jobs as they are then, so a line is a transaction. The state is in memory; it is the
/// file, read line by line.
///
/// The file is never rewritten, and each process reads all of it.
///
/// Thread-safety  Full, between processes as well.
/// Durability     A call returns when its line is durable.
class FileJobStore final : public asyncjobs::JobStore {
public:
    using Clock = asyncjobs::MemoryJobStore::Clock;

    explicit FileJobStore(const std::filesystem::path& path, Clock clock = system_time)
        : clock_(std::move(clock)), journal_(path) {
        start_over();
    }

    static asyncjobs::Timestamp system_time() {
        return std::chrono::floor<asyncjobs::Duration>(std::chrono::system_clock::now());
    }

    asyncjobs::StoreCapabilities capabilities() const noexcept override {
        return asyncjobs::StoreCapabilities::all();
    }
    std::vector<asyncjobs::Submitted> submit(std::span<const asyncjobs::NewJob> jobs) override;
    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override;
    std::vector<asyncjobs::Renewal> renew(std::span<const asyncjobs::Heartbeat> heartbeats,
                                          asyncjobs::Duration lease_for) override;
    std::vector<asyncjobs::ClaimedJob> leases_of(std::string_view worker) override;
    std::vector<asyncjobs::Rescued> rescue(std::size_t limit, int crash_limit) override;
    std::vector<asyncjobs::Promoted> promote(std::size_t limit) override;
    std::size_t purge(std::size_t limit) override;
    std::optional<std::string> tombstone_owner(const asyncjobs::JobId& id) override;
    std::vector<std::optional<asyncjobs::Job>> find(std::span<const asyncjobs::JobId> ids) override;
    asyncjobs::JobPage list(const asyncjobs::JobQuery& query) override;
    asyncjobs::CancelOutcome cancel(const asyncjobs::JobId& id,
                                    const asyncjobs::Cancellation& cancellation) override;
    asyncjobs::RetryOutcome retry(const asyncjobs::JobId& id) override;
    asyncjobs::RemoveOutcome remove(const asyncjobs::JobId& id) override;
    asyncjobs::Workload workload(std::string_view queue, std::string_view type) override;
    void set_paused(std::string_view queue, bool paused) override;
    void set_limit(const asyncjobs::Limit& limit) override;
    std::vector<asyncjobs::Limit> limits() override;
    std::vector<asyncjobs::ClockNotice> take_clock_notices() override;

private:
    /// Returns `call(jobs)`, on the jobs as they are in the file, and writes what it changed.
    template <typename Call>
    auto transact(Call call);
    void start_over();

    const Clock clock_;
    std::mutex mutex_;
    Journal journal_;
    std::unique_ptr<asyncjobs::MemoryJobStore> jobs_;
};
