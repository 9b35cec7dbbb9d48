#pragma once

#include "job_record.hpp"
#include "journal.hpp"
#include "limit_book.hpp"

#include <asyncjobs/store/job_store.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <set>

/// Keeps jobs in one file that a person can read: each call that changes something appends one line
/// with the jobs as they are then, so a line is a transaction. The state is in memory; it is the
/// file, read line by line.
///
/// Made to be read. It looks at every job in every call, and the file is never rewritten: fit for a
/// few thousand jobs.
///
/// Thread-safety  Full, between processes as well.
/// Durability     A call returns when its line is durable.
class FileJobStore final : public asyncjobs::JobStore {
public:
    using Clock = std::function<asyncjobs::Timestamp()>;

    explicit FileJobStore(const std::filesystem::path& path, Clock clock = system_time)
        : clock_(std::move(clock)), journal_(path) {}

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
    /// Calls `act(now)` on the state as it is in the file, and writes what it changed.
    template <typename Act>
    auto transact(Act act);
    void read();
    void write();
    void follow_clock(asyncjobs::Timestamp now);

    JobRecord* find(const asyncjobs::JobId& id);
    const asyncjobs::Job* first_of_key(const std::string& idempotency_key);
    JobRecord* key_holder(const std::string& key);
    std::vector<JobRecord*> select(std::function<bool(const asyncjobs::Job&)> wanted);

    void changed(JobRecord& job);
    void erase(const asyncjobs::JobId& id);
    void forget_tombstones(asyncjobs::Timestamp now);

    std::vector<asyncjobs::Submitted> submit(std::span<const asyncjobs::NewJob> jobs,
                                             asyncjobs::Timestamp now);
    asyncjobs::Submitted submit(const asyncjobs::NewJob& wanted,
                                std::vector<asyncjobs::JobId> parents, asyncjobs::Timestamp now);
    asyncjobs::Submitted conflict(JobRecord& holder, const asyncjobs::NewJob& wanted,
                                  asyncjobs::Submitted::Outcome outcome, asyncjobs::Timestamp now);
    bool is_parent_of(const asyncjobs::JobId& id, const asyncjobs::JobId& child);
    std::set<asyncjobs::JobId> finished_parents();
    std::vector<asyncjobs::Promoted> promote(const std::set<asyncjobs::JobId>& finished,
                                             asyncjobs::Timestamp now);
    asyncjobs::Settled settle(const asyncjobs::Settlement& settlement, asyncjobs::Timestamp now);
    void claim(const asyncjobs::ClaimRequest& request, asyncjobs::Timestamp now,
               asyncjobs::Exchange& result);
    void claim(const std::string& queue, const asyncjobs::ClaimRequest& request,
               LimitedClaim& limits, asyncjobs::Timestamp now, asyncjobs::Exchange& result);
    void hold_back(JobRecord& job, const asyncjobs::LimitRefusal& refused,
                   asyncjobs::Exchange& result);

    std::mutex mutex_;
    const Clock clock_;
    std::vector<asyncjobs::ClockNotice> clock_notices_;
    Journal journal_;
    struct Tombstone {
        std::string owner;
        asyncjobs::Timestamp until;
    };

    std::map<asyncjobs::JobId, JobRecord> jobs_;
    std::map<asyncjobs::JobId, Tombstone> tombstones_;
    std::int64_t used_fence_ = 0; ///< the highest of a job that is gone; new ones begin with it
    LimitBook limits_;
    std::set<std::string, std::less<>> paused_;
    std::set<asyncjobs::JobId> to_write_; ///< changed, or gone if not in jobs_
    bool write_paused_ = false;
};
