#pragma once

#include "mysql/claim.hpp"
#include "mysql/options.hpp"
#include "mysql/slots.hpp"
#include "store/dialect.hpp"
#include "watermarks/claim_watermarks.hpp"

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// MySQL 8 and MariaDB 10.6 or later: any number of writers at READ COMMITTED, which skip locked
/// rows. The statements of a call are sent in a packet or two: see MysqlBatch.
class MysqlDialect : public Dialect {
public:
    explicit MysqlDialect(MysqlOptions options);

    std::size_t max_writers() const noexcept override { return options_.writers; }
    std::unique_ptr<Session> open() const override;
    Fault classify(Session& session, const soci::soci_error& error, Stage stage) const override;
    void begin_write(Session& session) const override;
    void begin_batch(Session& session) const override;
    void begin_read(Session& session) const override;
    void commit(Session& session) const override;
    bool rollback(Session& session) const noexcept override;
    CallTime now(Session& session) const override;
    CallTime clock() const override;

    void prepare(Session& session) const override;
    void lock_schema(Session& session) const override;
    void unlock_schema(Session& session) const override;
    std::span<const Migration> migrations() const noexcept override;
    SchemaObjects find_objects(Session& session, const SchemaObjects& wanted) const override;
    bool keeps_half_a_migration() const noexcept override { return true; }
    void migrate(Session& session, const Migration& migration) const override;

    void submit(Session& session, std::span<const NewJob> jobs, CallTime now,
                std::vector<Submitted>& outcomes) const override;
    void settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                Exchange& result) const override;
    void exchange(Session& session, std::span<const Settlement> settlements,
                  const ClaimRequest& request, CallTime now, Exchange& result) const override;
    std::vector<LimitCandidate> find_due(Session& session, std::span<const std::string> queues,
                                         std::size_t limit, Timestamp now) const override;
    std::optional<Duration> next_due(Session& session, std::span<const std::string> queues,
                                     Timestamp now) const override;
    std::vector<ClaimedJob> take(Session& session, std::span<const LimitCandidate> jobs,
                                 const ClaimRequest& request, Timestamp now) const override;
    void renew(Session& session, std::span<const Heartbeat> heartbeats, Duration lease_for,
               CallTime now, std::vector<Renewal>& renewals) const override;
    void find(Session& session, std::span<const JobId> ids, const JobReading& how,
              std::vector<std::optional<Job>>& jobs) const override;
    std::vector<Rescued> rescue(Session& session, Timestamp watermark, std::size_t limit,
                                int crash_limit, CallTime now) const override;
    std::size_t advance(Session& session, Timestamp watermark, std::size_t limit,
                        CallTime now) const override;
    std::size_t purge(Session& session, std::string_view type, Timestamp watermark,
                      std::size_t limit, CallTime now) const override;

    IdSet these(std::span<const JobId> ids) const override;
    PageWords page_words(PageIndex index) const noexcept override;
    const StoreStatements& store_statements() const noexcept override;
    const RowStatements& row_statements() const noexcept override;
    const LimitStatements& limit_statements() const noexcept override;
    const OperatorStatements& operator_statements() const noexcept override;
    void mark_limits(Session& session, const std::string& queues) const override;
    void lower_watermark(std::string_view queue, Timestamp run_at) const override {
        watermarks_.expect_back(queue, run_at, steady_now());
    }
    void forget_watermarks() const override { watermarks_.forget(); }
    /// A scan of an index ends only at the next entry of a live job.
    Duration widest_look() const noexcept override { return Duration::zero(); }

private:
    const MysqlOptions options_;
    mutable ClaimWatermarks watermarks_{widest_piece};
    mutable FilledQueues filled_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
