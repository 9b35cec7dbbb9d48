#pragma once

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The operators() of `Owner`, which is an InterceptingJobStore: passes every call to its
/// intercept(). `member` has the prefix `operators.`: `"operators.heartbeat"`, for example.
///
/// If intercept() is private, `Owner` declares `friend InterceptingOperatorStore<Owner>;`.
///
/// Ownership      Borrows the owner; a member of it.
template <typename Owner>
class ASYNCJOBS_VISIBLE InterceptingOperatorStore : public OperatorStore {
public:
    explicit InterceptingOperatorStore(Owner& owner) noexcept : owner_(owner) {}
    InterceptingOperatorStore(const InterceptingOperatorStore&) = delete;
    InterceptingOperatorStore& operator=(const InterceptingOperatorStore&) = delete;

    // Doxygen does not find the comments of OperatorStore.
    /// @cond
    StatusCounts counts() override {
        return pass("operators.counts", [](auto& operators) { return operators.counts(); });
    }
    QueuePage queues(std::string_view after, std::size_t limit) override {
        return pass("operators.queues",
                    [&](auto& operators) { return operators.queues(after, limit); });
    }
    JobSearchPage search(const JobSearch& search) override {
        return pass("operators.search", [&](auto& operators) { return operators.search(search); });
    }
    std::optional<JobWait> why(const JobId& id) override {
        return pass("operators.why", [&](auto& operators) { return operators.why(id); });
    }
    std::vector<CancelOutcome> cancel(std::span<const JobId> ids,
                                      const Cancellation& cancellation) override {
        return pass("operators.cancel",
                    [&](auto& operators) { return operators.cancel(ids, cancellation); });
    }
    std::vector<RetryOutcome> retry(std::span<const JobId> ids) override {
        return pass("operators.retry", [&](auto& operators) { return operators.retry(ids); });
    }
    std::vector<RemoveOutcome> remove(std::span<const JobId> ids) override {
        return pass("operators.remove", [&](auto& operators) { return operators.remove(ids); });
    }
    std::vector<RunNowOutcome> run_now(std::span<const JobId> ids) override {
        return pass("operators.run_now", [&](auto& operators) { return operators.run_now(ids); });
    }
    WorkerOrders heartbeat(const WorkerHeartbeat& heartbeat) override {
        return pass("operators.heartbeat",
                    [&](auto& operators) { return operators.heartbeat(heartbeat); });
    }
    WorkerPage workers(std::string_view after, std::size_t limit) override {
        return pass("operators.workers",
                    [&](auto& operators) { return operators.workers(after, limit); });
    }
    bool order(std::string_view worker, const WorkerOrder& order, Duration valid_for) override {
        return pass("operators.order",
                    [&](auto& operators) { return operators.order(worker, order, valid_for); });
    }
    HistoryPage history(const HistoryQuery& query) override {
        return pass("operators.history", [&](auto& operators) { return operators.history(query); });
    }
    void record(const AuditEntry& entry) override {
        pass("operators.record", [&](auto& operators) {
            operators.record(entry);
            return std::monostate{};
        });
    }
    AuditPage audit(const AuditQuery& query) override {
        return pass("operators.audit", [&](auto& operators) { return operators.audit(query); });
    }
    std::size_t purge(std::size_t limit) override {
        return pass("operators.purge", [&](auto& operators) { return operators.purge(limit); });
    }
    /// @endcond

private:
    auto pass(std::string_view member, const auto& call) {
        return owner_.intercept(member, [&](JobStore& store) { return call(*store.operators()); });
    }

    Owner& owner_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
