#pragma once

#include "store/dialect.hpp"
#include "store/finished_parents.hpp"
#include "store/limited_queues.hpp"
#include "store/store_clock.hpp"
#include "store/transaction_runner.hpp"
#include "watermarks/count_watermarks.hpp"
#include "watermarks/look_pauses.hpp"
#include "watermarks/look_size.hpp"
#include "watermarks/sweep_watermarks.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// JobStore over any SQL database.
///
/// Runs each call in one transaction. A call that finds nothing to write takes no write lock.
class SqlJobStore final : public JobStore {
public:
    /// Brings the tables up to date.
    SqlJobStore(std::unique_ptr<Dialect> dialect, const StoreOptions& options);
    ~SqlJobStore() override;

    StoreCapabilities capabilities() const noexcept override { return StoreCapabilities::all(); }
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override;
    std::vector<Renewal> check_leases(std::span<const LeaseRef> leases) override;
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
    OperatorStore* operators() noexcept override;
    void interrupt() noexcept override { transactions_.interrupt(); }
    std::vector<ClockNotice> take_clock_notices() override { return clock_.take_notices(); }

private:
    class Operators; // sql_operator_store.hpp
    using Access = TransactionRunner::Access;

    // The names of sweeps that are not of one type.
    static constexpr std::string_view all_leases{}, tombstones{};

    /// TransactionRunner::run(), in the clock of the store.
    template <typename Work>
    auto transact(Access access, const Work& work) {
        follow_clock();
        return transactions_.run(access, work);
    }

    bool is_limited(const ClaimRequest& request);
    Exchange run_exchange(std::span<const Settlement> settlements, const ClaimRequest& request);
    void were_submitted(std::span<const NewJob> jobs);
    /// Returns the result of a claim that finds nothing; empty if a job is due.
    std::optional<Exchange> nothing_due(const ClaimRequest& request);

    // The clock (sql_job_store_clock.cpp).
    void follow_clock();
    void look_at_clock();
    void carry_out(const StoreClock::Task& task);
    Duration move_times_back(const StoreClock::Task& task);
    CallTime sweep_time(CallTime now);

    // Maintenance (sql_job_store_sweeps.cpp).
    Timestamp sweep_from(SweepWatermarks& watermarks, std::string_view of, const auto& find);
    std::optional<Timestamp> find_to_sweep(SweepWatermarks& watermarks, std::string_view of,
                                           const auto& find);
    std::vector<Promoted> promote(std::span<const JobId> known, std::size_t limit);
    std::vector<std::string> finished_types(Session& session);

    // Lookups (sql_job_store_reads.cpp).
    struct Counted {
        std::size_t number = 0;
        Timestamp at = {};
        std::optional<Timestamp> oldest = {};
    };
    static Counted read_counted(Row& row);
    static Counted count_from_watermark(CountWatermarks& watermarks, std::string_view of,
                                        std::size_t most, const auto& count);
    Counted count_due(Session& session, std::string_view queue, std::size_t most, CallTime now);
    std::vector<std::optional<Job>> read(std::span<const JobId> ids, const JobReading& how);

    const std::shared_ptr<const Dialect> dialect_;
    TransactionRunner transactions_;
    SweepWatermarks lease_watermarks_, advance_watermarks_;
    SweepWatermarks finished_watermarks_;                        ///< by type, and of tombstones
    CountWatermarks waiting_watermarks_, processing_watermarks_; ///< by queue
    CountWatermarks run_watermarks_;                             ///< by type
    FinishedParents finished_parents_;
    LookPauses finished_pauses_;
    LimitedQueues limited_queues_;
    LookSize look_size_;
    StoreClock clock_;
    std::unique_ptr<Wakeups> wakeups_;
    const std::unique_ptr<Operators> operators_;
};

/// Applies the missing migrations.
void migrate(const Dialect& dialect, Session& session);

/// Returns the migrations that migrate() would apply. Throws Errc::schema_mismatch if the tables
/// are newer than this code, or not this library's.
std::vector<Migration> missing_migrations(const Dialect& dialect, Session& session);

/// As missing_migrations(), but waits for a process that is making the tables.
std::vector<Migration> settled_missing_migrations(const Dialect& dialect, Session& session);

/// Throws Errc::schema_mismatch if the options forbid to apply `missing`.
void check_may_migrate(const Dialect& dialect, std::span<const Migration> missing,
                       const StoreOptions& options);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
