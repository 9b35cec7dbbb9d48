#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The store access of an object's own threads, which can be awaited even if the store hangs.
///
/// Thread-safety  Full.
/// Errors         Errc::stopped from calls after close().
class ASYNCJOBS_DECL ClosableStore final : public JobStore {
public:
    explicit ClosableStore(JobStore& store) noexcept : store_(store) {}

    /// Rejects further calls. Returns when active ones have ended; after `patience`, makes the
    /// store interrupt them.
    void close(Duration patience) {
        std::unique_lock lock(mutex_);
        closed_ = true;
        const auto is_idle = [this] { return under_way_ == 0; };
        if (idle_.wait_for(lock, patience, is_idle)) return;
        do {
            lock.unlock();
            store_.interrupt();
            lock.lock();
        } while (!idle_.wait_for(lock, std::chrono::milliseconds{50}, is_idle));
    }

    bool is_closed() {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

    StoreCapabilities capabilities() const noexcept override { return store_.capabilities(); }
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        const UnderWay call(*this);
        return store_.submit(jobs);
    }
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        const UnderWay call(*this);
        return store_.exchange(settlements, request);
    }
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        const UnderWay call(*this);
        return store_.renew(heartbeats, lease_for);
    }
    std::vector<Renewal> check_leases(std::span<const LeaseRef> leases) override {
        const UnderWay call(*this);
        return store_.check_leases(leases);
    }
    std::vector<ClaimedJob> leases_of(std::string_view worker) override {
        const UnderWay call(*this);
        return store_.leases_of(worker);
    }
    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override {
        const UnderWay call(*this);
        return store_.rescue(limit, crash_limit);
    }
    std::vector<Promoted> promote(std::size_t limit) override {
        const UnderWay call(*this);
        return store_.promote(limit);
    }
    std::size_t purge(std::size_t limit) override {
        const UnderWay call(*this);
        return store_.purge(limit);
    }
    std::optional<std::string> tombstone_owner(const JobId& id) override {
        const UnderWay call(*this);
        return store_.tombstone_owner(id);
    }
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        const UnderWay call(*this);
        return store_.find(ids);
    }
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override {
        const UnderWay call(*this);
        return store_.find_summaries(ids);
    }
    JobPage list(const JobQuery& query) override {
        const UnderWay call(*this);
        return store_.list(query);
    }
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) override {
        const UnderWay call(*this);
        return store_.cancel(id, cancellation);
    }
    RetryOutcome retry(const JobId& id) override {
        const UnderWay call(*this);
        return store_.retry(id);
    }
    RemoveOutcome remove(const JobId& id) override {
        const UnderWay call(*this);
        return store_.remove(id);
    }
    Workload workload(std::string_view queue, std::string_view type) override {
        const UnderWay call(*this);
        return store_.workload(queue, type);
    }
    void set_paused(std::string_view queue, bool paused) override {
        const UnderWay call(*this);
        store_.set_paused(queue, paused);
    }
    void set_limit(const Limit& limit) override {
        const UnderWay call(*this);
        store_.set_limit(limit);
    }
    std::vector<Limit> limits() override {
        const UnderWay call(*this);
        return store_.limits();
    }
    void interrupt() noexcept override { store_.interrupt(); }
    std::vector<ClockNotice> take_clock_notices() override { return store_.take_clock_notices(); }
    Notifier& notifier() noexcept override { return store_.notifier(); }

private:
    class UnderWay {
    public:
        explicit UnderWay(ClosableStore& store) : store_(store) {
            const std::lock_guard lock(store_.mutex_);
            if (store_.closed_)
                throw Error(Errc::stopped, "the caller of the store has been stopped");
            ++store_.under_way_;
        }
        ~UnderWay() {
            const std::lock_guard lock(store_.mutex_);
            if (--store_.under_way_ == 0 && store_.closed_) store_.idle_.notify_all();
        }
        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;

    private:
        ClosableStore& store_;
    };

    JobStore& store_;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t under_way_ = 0;
    bool closed_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
