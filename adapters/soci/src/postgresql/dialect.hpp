#pragma once

#include "db/store_url.hpp"
#include "store/dialect.hpp"
#include "watermarks/claim_watermarks.hpp"

#include <functional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

struct PostgresqlOptions {
    std::string connect_string = {}; ///< a URL for libpq
    std::string schema = {};         ///< empty: the server's search_path
    std::string table_prefix = {};
    std::string synchronous_commit = {}; ///< empty: the server's, but never off
    Duration lock_timeout = {};
    Duration statement_timeout = {};
    std::size_t writers = 8;
    bool listens = true; ///< keeps one more session, for wake-ups
    /// A pooler gives each transaction any connection: no state can be kept on one for the next.
    bool pools_transactions = false;
    std::function<Timestamp()> clock = {}; ///< empty: the server's
};

/// Parses a store URL. Throws Error (Errc::invalid_argument), whose text holds no password.
PostgresqlOptions postgresql_options(const StoreUrl& url, const StoreOptions& options);

/// Returns the statement that sets what the store needs, for the session or for one transaction.
std::string postgresql_settings(const PostgresqlOptions& options, bool for_transaction);

/// A batch is one statement with arrays as parameters; an exchange is one round trip. All
/// transactions are READ COMMITTED: statements lock the rows that they must not miss. The
/// statements read the server's clock themselves.
class PostgresqlDialect : public Dialect {
public:
    explicit PostgresqlDialect(PostgresqlOptions options);

    std::size_t max_writers() const noexcept override { return options_.writers; }
    std::unique_ptr<Session> open() const override;
    Fault classify(Session& session, const soci::soci_error& error, Stage stage) const override;
    void begin_write(Session& session) const override;
    void begin_read(Session& session) const override;
    void begin_batch(Session& session) const override;
    void commit(Session& session) const override;
    bool rollback(Session& session) const noexcept override;
    CallTime now(Session&) const override { return clock(); }
    CallTime clock() const override;

    std::unique_ptr<Wakeups> connect(Notifier& notifier) const override;

    void prepare(Session& session) const override;
    void lock_schema(Session& session) const override;
    std::span<const Migration> migrations() const noexcept override;
    SchemaObjects find_objects(Session& session, const SchemaObjects& wanted) const override;
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
    void renew(Session& session, std::span<const Heartbeat> heartbeats, Duration lease_for,
               CallTime now, std::vector<Renewal>& renewals) const override;
    std::size_t advance(Session& session, Timestamp watermark, std::size_t limit,
                        CallTime now) const override;
    void find(Session& session, std::span<const JobId> ids, const JobReading& how,
              std::vector<std::optional<Job>>& jobs) const override;

    PageWords page_words(PageIndex) const noexcept override {
        return {.status = "status || ''",
                .is_parent = "id = ANY(ARRAY(SELECT parent FROM job_dependencies"
                             " WHERE child = :needed_by))"};
    }
    const StoreStatements& store_statements() const noexcept override;
    const RowStatements& row_statements() const noexcept override;
    const LimitStatements& limit_statements() const noexcept override;
    const OperatorStatements& operator_statements() const noexcept override;
    StatusEstimates estimates(Session& session) const override;
    void lower_watermark(std::string_view queue, Timestamp run_at) const override {
        watermarks_.expect_back(queue, run_at, steady_now());
    }
    void forget_watermarks() const override { watermarks_.forget(); }

private:
    const PostgresqlOptions options_;
    mutable ClaimWatermarks watermarks_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
