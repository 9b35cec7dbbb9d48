#pragma once

#include "open_socket.hpp"
#include "session.hpp"

#include <soci/mysql/soci-mysql.h>

#include <cstddef>
#include <memory>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

class MysqlBatch;

/// A session with a MySQL or MariaDB server, and what has to be known of it.
///
/// Statements go to the client library itself, on a connection that SOCI has opened: several in one
/// packet, see MysqlBatch.
///
/// Errors  What speaks to the server throws soci::mysql_soci_error.
class MysqlSession : public Session {
public:
    MysqlSession(const std::string& connect_string, std::string table_prefix);

    /// Over a host's. Statements go one by one, as whether a packet may hold several is a setting
    /// of its connection.
    MysqlSession(soci::session& host, std::string table_prefix);
    ~MysqlSession() override;

    static MysqlSession& of(Session& session) noexcept {
        return static_cast<MysqlSession&>(session);
    }

    /// Whether other nodes write as well, and know nothing of this one's locks.
    bool is_of_cluster = false;

    MYSQL* handle() const noexcept { return backend_.conn_; }
    bool is_own() const noexcept { return keeps_statements(); }

    /// What goes to the server next. There is one, so that statements keep their order.
    MysqlBatch& batch() noexcept { return *batch_; }
    void run_added() override;

    /// What a call's statements are in: a transaction begins with the first of them, as
    /// `autocommit` is off.
    enum class Transaction {
        none,  ///< each is one
        batch, ///< the last of one call's batches may commit it
        open,  ///< commit() or rollback() ends it
    };
    void begin(Transaction transaction);
    void commit();
    void rollback();

    /// Whether the call's last batch is to commit.
    bool commits_last_batch() const noexcept { return transaction_ == Transaction::batch; }
    /// It is not to.
    void keep_open() noexcept { transaction_ = Transaction::open; }

    /// A COMMIT was sent, and the server has not said that it was not run.
    bool may_have_committed() const noexcept { return may_have_committed_; }

    /// In bytes: the server takes no longer statement, and makes no longer text.
    std::size_t max_packet = 0;
    /// An ordinary SELECT sees what others have committed. Otherwise, only a locking one may.
    bool reads_latest = true;

    void interrupt() noexcept override {
        if (socket_) socket_->shut_down();
    }

private:
    friend class MysqlBatch;
    std::unique_ptr<Query> make_query(const Sql& sql) override;

    soci::mysql_session_backend& backend_;
    std::optional<OpenSocket> socket_; ///< empty: the host's
    const bool runs_several_ = false;  ///< statements of one packet
    const std::unique_ptr<MysqlBatch> batch_;
    Transaction transaction_ = Transaction::none;
    bool autocommits_ = true;
    bool knows_time_ = false; ///< the call's, which the server keeps for its statements
    bool has_committed_ = false;
    bool may_have_committed_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
