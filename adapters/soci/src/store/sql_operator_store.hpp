#pragma once

#include "statements/operator_statements.hpp"
#include "statements/page_statements.hpp"
#include "store/sql_job_store.hpp"

#include <asyncjobs/store/operator_store.hpp>

#include <map>
#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The OperatorStore of a SqlJobStore, in its transactions, clock and watermarks.
class SqlJobStore::Operators final : public OperatorStore {
public:
    explicit Operators(SqlJobStore& store) noexcept : store_(store) {}

    StatusCounts counts() override;
    QueuePage queues(std::string_view after, std::size_t limit) override;
    JobSearchPage search(const JobSearch& search) override;
    std::optional<JobWait> why(const JobId& id) override;

    // sql_job_changes.cpp
    std::vector<CancelOutcome> cancel(std::span<const JobId> ids,
                                      const Cancellation& cancellation) override;
    std::vector<RetryOutcome> retry(std::span<const JobId> ids) override;
    std::vector<RemoveOutcome> remove(std::span<const JobId> ids) override;
    std::vector<RunNowOutcome> run_now(std::span<const JobId> ids) override;

    // sql_operator_workers.cpp
    WorkerOrders heartbeat(const WorkerHeartbeat& heartbeat) override;
    WorkerPage workers(std::string_view after, std::size_t limit) override;
    bool order(std::string_view worker, const WorkerOrder& order, Duration valid_for) override;

    // sql_operator_history.cpp
    HistoryPage history(const HistoryQuery& query) override;

    // sql_operator_audit.cpp
    void record(const AuditEntry& entry) override;
    AuditPage audit(const AuditQuery& query) override;

    // sql_operator_purge.cpp
    std::size_t purge(std::size_t limit) override;

private:
    class Search; // sql_operator_search.cpp
    class Wait;   // sql_operator_why.cpp
    class Purge;  // sql_operator_purge.cpp

    const OperatorStatements& sql() const { return store_.dialect_->operator_statements(); }
    Timestamp first_lease(Timestamp now) const;
    Count count_pending(Session& session);
    Count count_completed(Session& session);
    std::optional<std::string> next_queue(Session& session, std::string_view after);
    using QueuesByName = std::map<std::string, QueueState>;
    void add_pending(Session& session, QueueState& queue, std::string_view name, CallTime now,
                     Timestamp time, std::optional<std::string>& next);
    void add_others(Session& session, QueuesByName& found, const QueuePage& page,
                    std::string_view after);

    void add_tallies(Session& session, std::span<const Tally> minutes);

    SqlJobStore& store_;
    std::mutex mutex_;
    std::string walked_to_; ///< the last worker that purge() has looked at
};

/// One more than what is counted.
inline constexpr std::size_t most_counted = Count::counted + 1;

/// Of rows that were counted up to most_counted.
Count count_of(std::int64_t rows) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
