#pragma once

#include "open_socket.hpp"
#include "session.hpp"

#include <asyncjobs/time.hpp>

#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A statement as PostgreSQL gets it: `:now` is the server's time unless one is given, and
/// parameters are numbered.
std::string postgresql_text(std::string_view sql);

/// The sqlstate of a fault of which the server said nothing.
inline constexpr const char* connection_lost = "08006";

using PostgresqlResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// Statements go to libpq itself, on a connection that SOCI has opened: several in one round trip
/// (see PostgresqlBatch), and with an end to waiting.
///
/// Errors  What speaks to the server throws soci::postgresql_soci_error.
class PostgresqlSession : public Session {
public:
    /// `connect_string` is a URL, as SOCI takes other forms apart at each space. A server that says
    /// nothing for `patience` is given up.
    PostgresqlSession(const std::string& connect_string, const std::string& table_prefix,
                      Duration patience = std::chrono::hours{1});

    /// Over a host's, which is a PostgreSQL session. Waits as long as the host's settings let it.
    PostgresqlSession(soci::session& host, std::string table_prefix);

    /// From now on. Returns for how long it waited until now.
    Duration wait_for(Duration patience) noexcept { return std::exchange(patience_, patience); }

    /// Has `settings` run at the beginning of each transaction, and nothing kept from one to the
    /// next: behind a pooler of transactions.
    void set_for_each_transaction(std::string settings) { settings_ = std::move(settings); }

    /// As an array's text: where the server's own search_path looks, but for what it always does.
    const std::string& schemas() const noexcept { return schemas_; }
    void set_schemas(std::string schemas) { schemas_ = std::move(schemas); }

    /// What a call's statements are in. It begins with the first of them, in the same round trip.
    enum class Transaction {
        none,  ///< they read, and each sees what is committed
        batch, ///< each batch is one by itself
        open,  ///< ends with commit() or rollback()
    };
    /// Throws if the connection was lost while nobody used it.
    void begin(Transaction transaction);
    /// Throws if what was begun was rolled back instead.
    void commit();
    void rollback();
    bool is_in_transaction() const noexcept {
        return PQtransactionStatus(connection()) != PQTRANS_IDLE;
    }

    bool commits_each_batch() const noexcept { return commits_each_batch_; }

    /// A commit was asked for, and the server has not said that it failed.
    bool may_have_committed() const noexcept { return may_have_committed_; }

    bool is_connected() const noexcept {
        return !is_given_up_ && PQstatus(connection()) == CONNECTION_OK;
    }

    /// Runs statements without parameters, by themselves. Answers the first column of the last
    /// one's first row; empty if there is none.
    std::string execute(std::string statements);

    void interrupt() noexcept override {
        if (socket_) socket_->shut_down();
    }

    PGconn* connection() const noexcept { return backend_.conn_; }

private:
    friend class PostgresqlBatch;
    std::unique_ptr<Query> make_query(const Sql& sql) override;
    PostgresqlResult next_result();
    [[noreturn]] void give_up();

    soci::postgresql_session_backend& backend_;
    Duration patience_;
    std::optional<OpenSocket> socket_; ///< empty: the host's
    std::string settings_ = {};        ///< of each transaction; empty: the session has its own
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
