#include "postgresql/batch.hpp"

#include <charconv>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

std::size_t changed_rows(std::string_view command_tag) {
    std::size_t rows = 0;
    const auto digits = command_tag.substr(command_tag.find_last_of(' ') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), rows);
    return rows;
}

} // namespace

std::string sqlstate_of(const PGresult& failed) {
    const char* sqlstate = PQresultErrorField(&failed, PG_DIAG_SQLSTATE);
    return sqlstate ? sqlstate : connection_lost;
}

PostgresqlQuery::PostgresqlQuery(PostgresqlSession& session, const Sql& sql, std::string name)
    : Query(sql), session_(session), text_(postgresql_text(sql.text)), name_(std::move(name)),
      values_(parameters_.size()) {}

std::size_t PostgresqlQuery::run(const EachRow& each) {
    PostgresqlBatch batch(session_);
    batch.add(*this, each);
    return changed_rows(batch.run());
}

bool PostgresqlQuery::send_to_prepare() {
    is_prepared_ = true; // reset if the server reports an error
    return PQsendPrepare(session_.connection(), name_.c_str(), text_.c_str(), 0, nullptr) == 1;
}

bool PostgresqlQuery::send() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        Cell& cell = parameters_[i];
        if (parameter_types_[i] == 'i') cell.text = std::to_string(cell.number);
        values_[i] = cell.indicator == soci::i_null ? nullptr : cell.text.c_str();
    }
    const auto count = static_cast<int>(values_.size());
    const int sent = name_.empty()
                         ? PQsendQueryParams(session_.connection(), text_.c_str(), count, nullptr,
                                             values_.data(), nullptr, nullptr, 0)
                         : PQsendQueryPrepared(session_.connection(), name_.c_str(), count,
                                               values_.data(), nullptr, nullptr, 0);
    return sent == 1;
}

void PostgresqlQuery::read(const PGresult& result, const EachRow& each) {
    const int rows = PQntuples(&result);
    for (int row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            Cell& cell = columns_[i];
            const int column = static_cast<int>(i);
            const std::string_view text(
                PQgetvalue(&result, row, column),
                static_cast<std::size_t>(PQgetlength(&result, row, column)));
            cell.indicator = PQgetisnull(&result, row, column) ? soci::i_null : soci::i_ok;
            if (column_types_[i] == 't')
                cell.text.assign(text);
            else if (cell.indicator == soci::i_ok)
                std::from_chars(text.data(), text.data() + text.size(), cell.number);
        }
        each(Row(columns_));
    }
}

PostgresqlBatch::PostgresqlBatch(PostgresqlSession& session) : session_(session) {
    is_running_ = PQenterPipelineMode(session_.connection()) == 1;
    check_sent(is_running_);
    const bool is_first = !session_.is_in_transaction();
    if (std::exchange(session_.must_begin_, false)) begin_with("BEGIN");
    if (is_first && !session_.settings_.empty()) begin_with(session_.settings_);
}

void PostgresqlBatch::begin_with(const std::string& statement) {
    check_sent(PQsendQueryParams(session_.connection(), statement.c_str(), 0, nullptr, nullptr,
                                 nullptr, nullptr, 0) == 1);
    parts_.push_back({nullptr, false, {}});
}

/// A batch that was begun and not run must not take effect, so the store's own session is given up.
/// A host rolls back its transaction, and gets its session back unchanged.
PostgresqlBatch::~PostgresqlBatch() {
    if (!is_running_) return;
    session_.is_given_up_ = session_.keeps_statements();
    if (session_.is_given_up_) return;
    try {
        PQpipelineSync(session_.connection());
        for (std::size_t i = 0; i < parts_.size(); ++i)
            while (session_.next_result()) {
            }
        end();
    } catch (...) { // the connection is lost; the host's next call reports it
    }
}

void PostgresqlBatch::check_sent(bool sent) const {
    if (!sent) throw soci::postgresql_soci_error("a statement could not be sent", connection_lost);
}

void PostgresqlBatch::add(PostgresqlQuery& query, EachRow each) {
    if (query.must_be_prepared()) {
        check_sent(query.send_to_prepare());
        parts_.push_back({&query, true, {}});
    }
    check_sent(query.send());
    parts_.push_back({&query, false, std::move(each)});
}

std::string PostgresqlBatch::run() {
    check_sent(PQpipelineSync(session_.connection()) == 1);
    if (session_.commits_each_batch_) session_.may_have_committed_ = true;
    for (const Part& part : parts_) {
        for (auto result = session_.next_result(); result; result = session_.next_result())
            read(part, *result);
        if (!session_.is_connected()) break;
    }
    end();
    if (!sqlstate_.empty())
        throw soci::postgresql_soci_error("a statement failed", sqlstate_.c_str());
    if (thrown_) std::rethrow_exception(thrown_);
    return command_tag_;
}

void PostgresqlBatch::read(const Part& part, const PGresult& result) {
    const auto status = PQresultStatus(&result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        if (part.prepares) part.query->is_prepared_ = false;
        if (status == PGRES_PIPELINE_ABORTED) return;
        if (sqlstate_.empty()) sqlstate_ = sqlstate_of(result);
        // The server reports it instead of a result, so it has not run the commit.
        if (PQresultErrorField(&result, PG_DIAG_SQLSTATE)) session_.may_have_committed_ = false;
        return;
    }
    if (!part.query || part.prepares) return;
    command_tag_ = PQcmdStatus(const_cast<PGresult*>(&result));
    try {
        if (!thrown_) part.query->read(result, part.each);
    } catch (...) {
        thrown_ = std::current_exception();
    }
}

void PostgresqlBatch::end() {
    bool is_synced = false;
    while (!is_synced && session_.is_connected()) {
        const auto result = session_.next_result();
        if (!result) break;
        const auto status = PQresultStatus(result.get());
        if (status == PGRES_PIPELINE_SYNC)
            is_synced = true;
        else if (sqlstate_.empty())
            sqlstate_ = sqlstate_of(*result);
    }
    if (!is_synced && sqlstate_.empty()) sqlstate_ = connection_lost;
    is_running_ = !is_synced || PQexitPipelineMode(session_.connection()) != 1;
    if (is_synced && sqlstate_.empty()) session_.may_have_committed_ = false;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
