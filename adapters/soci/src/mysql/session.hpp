#pragma once

#include "db/open_socket.hpp"
#include "db/session.hpp"

#include <soci/mysql/soci-mysql.h>

#include <cstddef>
#include <memory>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

class MysqlBatch;

/// A session with a MySQL or MariaDB server, and the server's properties.
///
/// Statements are sent by the client library directly: several in one packet, see MysqlBatch.
///
/// Errors  Members that use the server throw soci::mysql_soci_error.
class MysqlSession : public Session {
public:
    MysqlSession(const std::string& connect_string, std::string table_prefix);

    /// Over a host's connection. Statements are sent one by one, as it may not allow several in a
    /// packet.
    MysqlSession(MYSQL* host, std::string table_prefix);
    ~MysqlSession() override;

    static MysqlSession& of(Session& session) noexcept {
        return static_cast<MysqlSession&>(session);
    }

    /// Whether other nodes write as well, without this one's locks.
    bool is_of_cluster = false;

    MYSQL* handle() const noexcept { return connection_; }
    bool is_own() const noexcept { return keeps_statements(); }

    /// The pending statements. One batch a session, so that statements keep their order.
    MysqlBatch& batch() noexcept { return *batch_; }
    void run_added() override;

    /// The transaction of a call's statements: it begins with the first of them, as `autocommit` is
    /// off.
    enum class Transaction {
        none,  ///< each statement is a transaction
        batch, ///< the last of one call's batches may commit it
        open,  ///< commit() or rollback() ends it
    };
    void begin(Transaction transaction);
    void commit();
    void rollback();

    /// Whether the call's last batch commits.
    bool commits_last_batch() const noexcept { return transaction_ == Transaction::batch; }
    /// Leaves the commit to commit().
    void keep_open() noexcept { transaction_ = Transaction::open; }

    /// A COMMIT was sent, and the server has not reported that it was not run.
    bool may_have_committed() const noexcept { return may_have_committed_; }

    /// In bytes: the server accepts no longer statement, and makes no longer text.
    std::size_t max_packet = 0;
    /// A plain SELECT sees the latest commits. Otherwise only a locking one does.
    bool reads_latest = true;

    void interrupt() noexcept override {
        if (socket_) socket_->shut_down();
    }

private:
    friend class MysqlBatch;
    std::unique_ptr<Query> make_query(const Sql& sql, bool is_kept) override;

    const std::unique_ptr<soci::session> own_; ///< opened by SOCI; null: the host's connection
    MYSQL* const connection_;
    std::optional<OpenSocket> socket_; ///< empty: the host's connection
    const bool runs_several_ = false;  ///< several statements a packet
    const std::unique_ptr<MysqlBatch> batch_;
    Transaction transaction_ = Transaction::none;
    bool autocommits_ = true;
    bool knows_time_ = false; ///< the server has stored the call's time for its statements
    bool has_committed_ = false;
    bool may_have_committed_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
