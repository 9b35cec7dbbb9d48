#pragma once

#include "db/open_socket.hpp"
#include "db/session.hpp"

#include <asyncjobs/time.hpp>

#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Returns the statement for PostgreSQL: parameters are numbered, and `:now` defaults to the
/// server's time.
std::string postgresql_text(std::string_view sql);

/// The sqlstate of a fault that the server did not report.
inline constexpr const char* connection_lost = "08006";

using PostgresqlResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// Statements are sent by libpq directly: several in one round trip (see PostgresqlBatch), and with
/// a time limit.
///
/// Errors  Members that use the server throw soci::postgresql_soci_error.
class PostgresqlSession : public Session {
public:
    /// `connect_string` must be a URL, as SOCI splits other forms at each space. A server that is
    /// silent for `patience` counts as lost.
    PostgresqlSession(const std::string& connect_string, const std::string& table_prefix,
                      Duration patience = std::chrono::hours{1});

    /// Over a host's connection. Waits as long as the host's settings allow.
    PostgresqlSession(PGconn* host, std::string table_prefix);

    /// Sets the patience from now on. Returns the previous one.
    Duration wait_for(Duration patience) noexcept { return std::exchange(patience_, patience); }

    /// Runs `settings` at the beginning of each transaction, and keeps nothing from one to the
    /// next: for a pooler of transactions.
    void set_for_each_transaction(std::string settings) { settings_ = std::move(settings); }

    /// The schemas of the session's search_path, without implicit ones, as an array's text.
    const std::string& schemas() const noexcept { return schemas_; }
    void set_schemas(std::string schemas) { schemas_ = std::move(schemas); }

    /// The transaction of a call's statements. It begins with the first of them, in the same round
    /// trip.
    enum class Transaction {
        none,  ///< statements that read; each sees what is committed
        batch, ///< each batch is a transaction
        open,  ///< ends with commit() or rollback()
    };
    /// Throws if the connection was lost while idle.
    void begin(Transaction transaction);
    /// Throws if the server has rolled back the transaction instead.
    void commit();
    void rollback();
    bool is_in_transaction() const noexcept {
        return PQtransactionStatus(connection()) != PQTRANS_IDLE;
    }

    bool commits_each_batch() const noexcept { return commits_each_batch_; }

    /// A commit was requested, and the server has not reported its failure.
    bool may_have_committed() const noexcept { return may_have_committed_; }

    bool is_connected() const noexcept {
        return !is_given_up_ && PQstatus(connection()) == CONNECTION_OK;
    }

    /// Runs statements without parameters, outside a batch. Returns the first column of the last
    /// one's first row; empty if it has no row.
    std::string execute(std::string statements);

    void interrupt() noexcept override {
        if (socket_) socket_->shut_down();
    }

    PGconn* connection() const noexcept { return connection_; }

private:
    friend class PostgresqlBatch;
    std::unique_ptr<Query> make_query(const Sql& sql, bool is_kept) override;
    PostgresqlResult next_result();
    [[noreturn]] void give_up();

    const std::unique_ptr<soci::session> own_; ///< opened by SOCI; null: the host's connection
    PGconn* const connection_;
    Duration patience_;
    std::optional<OpenSocket> socket_; ///< empty: the host's connection
    std::string settings_ = {};        ///< for each transaction; empty: set for the session
    std::string schemas_ = "{}";
    int prepared_ = 0; ///< statements
    bool is_given_up_ = false;
    bool must_begin_ = false;
    bool commits_each_batch_ = false;
    bool may_have_committed_ = false;
};

inline PostgresqlSession& as_postgresql(Session& session) noexcept {
    return static_cast<PostgresqlSession&>(session);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
