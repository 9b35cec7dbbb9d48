#pragma once

#include "sqlite/files.hpp"
#include "store/dialect.hpp"

#include <functional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

struct SqliteOptions {
    std::string path = {};
    std::string synchronous = "full"; ///< off, normal, full or extra
    std::string table_prefix = {};
    bool create = true; ///< the file, if it is missing
    Duration busy_timeout = {};
    std::function<Timestamp()> clock = {}; ///< empty: this machine's, as SQLite has no clock
};

/// One writer at a time, which takes the write lock at the start of its transaction; any number of
/// concurrent readers (WAL). A batch is a loop over one prepared statement: without a network, that
/// is faster than splitting a batch in SQL.
class SqliteDialect : public Dialect {
public:
    explicit SqliteDialect(SqliteOptions options);

    std::size_t max_writers() const noexcept override { return 1; }
    bool is_remote() const noexcept override { return false; }
    std::unique_ptr<Session> open() const override;
    Fault classify(Session& session, const soci::soci_error& error, Stage stage) const override;
    void begin_write(Session& session) const override;
    void begin_read(Session& session) const override;
    void commit(Session& session) const override;
    bool rollback(Session& session) const noexcept override;
    CallTime now(Session&) const override { return clock(); }
    CallTime clock() const override;
    bool keeps_time() const noexcept override { return true; }

    void prepare(Session& session) const override;
    std::span<const Migration> migrations() const noexcept override;
    SchemaObjects find_objects(Session& session, const SchemaObjects& wanted) const override;
    void migrate(Session& session, const Migration& migration) const override;

    void submit(Session& session, std::span<const NewJob> jobs, CallTime time,
                std::vector<Submitted>& outcomes) const override;
    void settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                Exchange& result) const override;
    void exchange(Session& session, std::span<const Settlement> settlements,
                  const ClaimRequest& request, CallTime now, Exchange& result) const override;
    std::vector<LimitCandidate> find_due(Session& session, std::span<const std::string> queues,
                                         std::size_t limit, Timestamp now) const override;
    std::optional<Duration> next_due(Session& session, std::span<const std::string> queues,
                                     Timestamp now) const override;
    void renew(Session& session, std::span<const Heartbeat> heartbeats, Duration lease_for,
               CallTime now, std::vector<Renewal>& renewals) const override;
    void find(Session& session, std::span<const JobId> ids, const JobReading& how,
              std::vector<std::optional<Job>>& jobs) const override;

    void trim_log(Session& session) const override;

    PageWords page_words(PageIndex) const noexcept override { return {.unindexed = "+"}; }
    const StoreStatements& store_statements() const noexcept override;
    const RowStatements& row_statements() const noexcept override;
    const LimitStatements& limit_statements() const noexcept override;
    const OperatorStatements& operator_statements() const noexcept override;

private:
    const SqliteOptions options_;
    mutable SqliteFiles files_; ///< of the open sessions, from prepare() on
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
