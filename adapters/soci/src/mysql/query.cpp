#include "mysql/query.hpp"

#include "mysql/statements.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

using MysqlRows = std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)>;

constexpr std::size_t header = 64; ///< of a packet, at most

/// The client library's error when no part of the request has reached the server.
constexpr unsigned not_sent = 2006;

/// Otherwise it is an error of the client library.
bool is_of_server(unsigned error) noexcept {
    return error < 2000 || (error >= 3000 && error < 5000);
}

const std::string& keep_time_text() {
    static const std::string text = compose(mysql::sql.keep_time, mysql::fragments);
    return text;
}

} // namespace

void throw_mysql_error(MYSQL* connection) {
    throw soci::mysql_soci_error(mysql_error(connection),
                                 static_cast<int>(mysql_errno(connection)));
}

// MySQL's mysql_real_escape_string() fails under NO_BACKSLASH_ESCAPES, which a host's session may
// have set.
void append_quoted(std::string& out, const MysqlSession& session, std::string_view text) {
    const bool escapes =
        (session.handle()->server_status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0;
    const std::string_view doubled = escapes ? "'\\" : "'";
    out += '\'';
    for (;;) {
        const auto at = text.find_first_of(doubled);
        out.append(text.substr(0, at));
        if (at == text.npos) break;
        out.append(2, text[at]);
        text.remove_prefix(at + 1);
    }
    out += '\'';
}

MysqlQuery::MysqlQuery(MysqlSession& session, const Sql& sql)
    : Query(sql), session_(session), pieces_(pieces_of(sql.text)),
      now_(static_cast<std::size_t>(std::ranges::find(names_, "now") - names_.begin())) {}

std::size_t MysqlQuery::run(const EachRow& each) {
    session_.batch().add(*this, each);
    return session_.batch().run();
}

void MysqlQuery::run_later(EachRow each) { session_.batch().add(*this, std::move(each)); }

bool MysqlQuery::asks_for_time() const noexcept {
    return now_ < parameters_.size() && parameters_[now_].indicator == soci::i_null;
}

void MysqlQuery::write_to(std::string& out) const {
    for (const auto& [text, parameter] : pieces_) {
        out += text;
        if (!parameter) continue;
        const Cell& cell = parameters_[*parameter];
        if (cell.indicator == soci::i_null)
            out += *parameter == now_ ? mysql::kept_time : "NULL";
        else if (parameter_types_[*parameter] == 'i')
            out += std::to_string(cell.number);
        else if (parameter_types_[*parameter] == 'e')
            out += cell.text;
        else
            append_quoted(out, session_, cell.text);
    }
}

void MysqlQuery::read(MYSQL_RES& rows, const EachRow& each) {
    const std::size_t columns = std::min<std::size_t>(columns_.size(), mysql_num_fields(&rows));
    while (const MYSQL_ROW row = mysql_fetch_row(&rows)) {
        const unsigned long* lengths = mysql_fetch_lengths(&rows);
        for (std::size_t i = 0; i < columns; ++i) {
            Cell& cell = columns_[i];
            cell.indicator = row[i] ? soci::i_ok : soci::i_null;
            const std::string_view text(row[i] ? row[i] : "", row[i] ? lengths[i] : 0);
            if (column_types_[i] == 't')
                cell.text.assign(text);
            else
                std::from_chars(text.data(), text.data() + text.size(), cell.number);
        }
        each(Row(columns_));
    }
}

void MysqlBatch::add(MysqlQuery& query, EachRow each) {
    if (query.asks_for_time() && !std::exchange(session_.knows_time_, true))
        add_part(keep_time_text(), {nullptr, {}});
    std::string text;
    query.write_to(text);
    add_part(text, {&query, std::move(each)});
}

void MysqlBatch::add_part(std::string_view text, Part part) {
    const std::size_t longest = std::max(session_.max_packet, header) - header;
    if (!parts_.empty() && text_.size() + 1 + text.size() > longest) send();
    if (!parts_.empty()) text_ += ';';
    text_ += text;
    parts_.push_back(std::move(part));
    if (!session_.runs_several_) send();
}

std::size_t MysqlBatch::run() {
    send();
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    return changed_;
}

void MysqlBatch::forget() noexcept {
    parts_.clear();
    text_.clear();
    thrown_ = nullptr;
}

void MysqlBatch::commit() {
    if (thrown_) run();
    add_part("COMMIT", {nullptr, {}, true});
    run();
    session_.has_committed_ = true;
    session_.may_have_committed_ = false;
}

void MysqlBatch::send() {
    if (parts_.empty()) return;
    const auto parts = std::exchange(parts_, {});
    const auto text = std::exchange(text_, {});
    MYSQL* const connection = session_.handle();
    std::size_t done = 0;
    if (parts.back().commits) session_.may_have_committed_ = true;
    int failed = mysql_real_query(connection, text.data(), text.size());
    try {
        for (; failed == 0 && done < parts.size(); ++done) {
            read(parts[done]);
            if (done + 1 < parts.size()) failed = mysql_next_result(connection);
        }
        if (failed != 0) throw_mysql_error(connection);
    } catch (const soci::mysql_soci_error& error) {
        // If the server reports it for a statement before the COMMIT, it has not run the COMMIT.
        const bool is_last = done + 1 >= parts.size();
        if (error.err_num_ == not_sent || (is_of_server(error.err_num_) && !is_last))
            session_.may_have_committed_ = false;
        throw; // the server sends no result after an error
    }
}

void MysqlBatch::read(const Part& part) {
    MYSQL* const connection = session_.handle();
    const MysqlRows rows(mysql_store_result(connection), &mysql_free_result);
    if (!rows) {
        if (mysql_errno(connection) != 0) throw_mysql_error(connection);
        changed_ = static_cast<std::size_t>(mysql_affected_rows(connection));
        return;
    }
    if (!part.query || thrown_) return;
    try {
        part.query->read(*rows, part.each);
    } catch (...) {
        thrown_ = std::current_exception();
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
