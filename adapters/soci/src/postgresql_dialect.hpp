#pragma once

#include "dialect.hpp"
#include "store_url.hpp"

#include <functional>
#include <string>

namespace asyncjobs::soci_adapter {

struct PostgresqlOptions {
    std::string connect_string = {}; ///< a URL for libpq
    std::string schema = {};         ///< empty: what the server's search_path says
    std::string table_prefix = {};
    std::string synchronous_commit = {}; ///< empty: the server's, but never off
    Duration lock_timeout = {};
    Duration statement_timeout = {};
    std::size_t writers = 8;
    bool listens = true;                   ///< keeps one more session, for wake-ups
    std::function<Timestamp()> clock = {}; ///< empty: the server's
};

/// Takes a store URL apart. Throws Error (Errc::invalid_argument), without a password in it.
PostgresqlOptions postgresql_options(const StoreUrl& url, const StoreOptions& options);

/// A batch is one statement, whose parameters are arrays. READ COMMITTED throughout: what a
/// statement must not miss, it locks.
///
/// Reads are single statements without a transaction around them.
class PostgresqlDialect : public Dialect {
public:
    explicit PostgresqlDialect(PostgresqlOptions options);

    std::size_t max_writers() const noexcept override { return options_.writers; }
    std::unique_ptr<Session> open() const override;
    Fault classify(Session& session, const soci::soci_error& error, Stage stage) const override;
    void begin_write(Session& session) const override;
    void begin_read(Session& session) const override;
    void commit(Session& session) const override;
    bool rollback(Session& session) const noexcept override;
    Timestamp now(Session& session) const override;

    std::unique_ptr<Wakeups> connect(Notifier& notifier) const override;

    void prepare(Session& session) const override;
    void lock_schema(Session& session) const override;
    void unlock_schema(Session& session) const override;
    std::span<const Migration> migrations() const noexcept override;
    int schema_version(Session& session) const override;
    void migrate(Session& session, const Migration& migration) const override;

    void submit(Session& session, std::span<const NewJob> jobs, Timestamp now,
                std::vector<Submitted>& answers) const override;
    void settle(Session& session, std::span<const Settlement> settlements, Timestamp now,
                std::vector<Settled>& answers) const override;
    void claim(Session& session, std::string_view queue, std::size_t limit,
               const ClaimRequest& request, Timestamp now,
               std::vector<ClaimedJob>& answers) const override;
    void renew(Session& session, std::span<const Heartbeat> heartbeats, Duration lease_for,
               Timestamp now, std::vector<Renewal>& answers) const override;
    void find(Session& session, std::span<const JobId> ids,
              std::vector<std::optional<Job>>& answers) const override;
    std::vector<Rescued> rescue(Session& session, std::size_t limit, int crash_limit,
                                Timestamp now) const override;
    std::size_t purge(Session& session, std::size_t limit, Timestamp now) const override;

    std::optional<State> lock(Session& session, const JobId& id) const override;
    bool restart(Session& session, const JobId& id, Timestamp now) const override;
    void set_paused(Session& session, std::string_view queue, bool paused,
                    Timestamp now) const override;

private:
    const PostgresqlOptions options_;
    const std::string settings_; ///< of every new session
};

} // namespace asyncjobs::soci_adapter
