#include "mysql/session.hpp"

#include "mysql/query.hpp"
#include "mysql/statements.hpp"

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
MysqlSession::MysqlSession(const std::string& connect_string, std::string table_prefix)
    : Session(mysql::fragments, std::move(table_prefix), true),
      own_(std::make_unique<soci::session>(soci::mysql, connect_string)),
      connection_(static_cast<soci::mysql_session_backend*>(own_->get_backend())->conn_),
      runs_several_(mysql_set_server_option(handle(), MYSQL_OPTION_MULTI_STATEMENTS_ON) == 0),
      batch_(std::make_unique<MysqlBatch>(*this)) {
    socket_.emplace(handle()->net.fd);
}

MysqlSession::MysqlSession(MYSQL* host, std::string table_prefix)
    : Session(mysql::fragments, std::move(table_prefix), false), connection_(host),
      batch_(std::make_unique<MysqlBatch>(*this)) {}

MysqlSession::~MysqlSession() = default;

void MysqlSession::run_added() { batch().run(); }

std::unique_ptr<Query> MysqlSession::make_query(const Sql& sql, bool) {
    return std::make_unique<MysqlQuery>(*this, sql);
}

// A call that reads needs no transaction: at READ COMMITTED each statement has its own snapshot.
void MysqlSession::begin(Transaction transaction) {
    batch().forget();
    transaction_ = transaction;
    knows_time_ = has_committed_ = may_have_committed_ = false;
    const bool autocommits = transaction == Transaction::none;
    if (autocommits == autocommits_) return;
    query(autocommits ? mysql::sql.autocommit_on : mysql::sql.autocommit_off).change();
    autocommits_ = autocommits;
}

void MysqlSession::commit() {
    if (autocommits_ || has_committed_) return;
    batch().commit();
}

void MysqlSession::rollback() {
    batch().forget();
    if (!autocommits_) query(shared::sql.rollback).change();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
