#include "postgresql/session.hpp"

#include "postgresql/batch.hpp"
#include "postgresql/fragments.hpp"
#include "statements/shared_statements.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

using Clock = std::chrono::steady_clock;

/// The transaction's time by the server's clock; the parameter is for tests.
constexpr std::string_view now_parameter = ":now";
constexpr std::string_view now_words =
    "(SELECT coalesce(CAST(:now AS bigint), CAST(extract(epoch FROM now()) * 1000000 AS bigint)))";

std::string with_clock(std::string_view sql) {
    std::string text;
    for (;;) {
        const auto at = sql.find(now_parameter);
        text += sql.substr(0, at);
        if (at == sql.npos) return text;
        text += now_words;
        sql.remove_prefix(at + now_parameter.size());
    }
}

/// Returns false at the deadline.
bool wait(PGconn* connection, short events, Clock::time_point deadline) {
    pollfd socket{.fd = PQsocket(connection), .events = events, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    const auto longest = std::min<std::int64_t>(left.count(), 1'000'000);
    return ::poll(&socket, 1, static_cast<int>(longest)) != 0 || Clock::now() < deadline;
}

} // namespace

std::string postgresql_text(std::string_view sql) {
    return with_numbered_parameters(with_clock(sql));
}

PostgresqlSession::PostgresqlSession(const std::string& connect_string,
                                     const std::string& table_prefix, Duration patience)
    : Session(postgresql::fragments, table_prefix, true),
      own_(std::make_unique<soci::session>(soci::postgresql, connect_string)),
      connection_(static_cast<soci::postgresql_session_backend*>(own_->get_backend())->conn_),
      patience_(patience) {
    PQsetNoticeProcessor(
        connection(), [](void*, const char*) {}, nullptr);
    socket_.emplace(PQsocket(connection()));
    PQsetnonblocking(connection(), 1); // so that only next_result() waits, with a deadline
}

PostgresqlSession::PostgresqlSession(PGconn* host, std::string table_prefix)
    : Session(postgresql::fragments, std::move(table_prefix), false), connection_(host),
      patience_(std::chrono::hours{24 * 365}) {}

std::unique_ptr<Query> PostgresqlSession::make_query(const Sql& sql, bool is_kept) {
    const bool is_named = is_kept && settings_.empty();
    const std::string name = is_named ? "asyncjobs_" + std::to_string(++prepared_) : std::string();
    return std::make_unique<PostgresqlQuery>(*this, sql, name);
}

void PostgresqlSession::begin(Transaction transaction) {
    may_have_committed_ = false;
    must_begin_ = transaction == Transaction::open;
    commits_each_batch_ = transaction == Transaction::batch;
    // Reads the server's message if it has closed the connection.
    pollfd socket{.fd = PQsocket(connection()), .events = POLLIN, .revents = 0};
    if (::poll(&socket, 1, 0) > 0) PQconsumeInput(connection());
    if (!is_connected())
        throw soci::postgresql_soci_error("the connection was lost", connection_lost);
}

void PostgresqlSession::commit() {
    if (std::exchange(must_begin_, false) || !is_in_transaction()) return;
    may_have_committed_ = true;
    PostgresqlBatch batch(*this);
    batch.add(shared::sql.commit, [](Row) {});
    // The COMMIT of a failed transaction succeeds, with the command tag ROLLBACK.
    if (batch.run() != "COMMIT")
        throw soci::postgresql_soci_error("the transaction was rolled back", "25P02");
}

void PostgresqlSession::rollback() {
    if (!std::exchange(must_begin_, false) && is_in_transaction()) execute("ROLLBACK");
}

std::string PostgresqlSession::execute(std::string statements) {
    if (!settings_.empty() && !is_in_transaction()) statements.insert(0, settings_ + "; ");
    PQsendQuery(connection(), statements.c_str());
    std::string value, sqlstate;
    while (const auto result = next_result()) {
        const auto status = PQresultStatus(result.get());
        if (status == PGRES_TUPLES_OK)
            value = PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
        else if (status != PGRES_COMMAND_OK)
            sqlstate = sqlstate_of(*result);
    }
    if (sqlstate.empty() && !is_connected()) sqlstate = connection_lost;
    if (!sqlstate.empty())
        throw soci::postgresql_soci_error(fmt::format("a statement failed (sqlstate {})", sqlstate),
                                          sqlstate.c_str());
    return value;
}

/// Returns null after a statement's last result.
PostgresqlResult PostgresqlSession::next_result() {
    const auto deadline = Clock::now() + patience_;
    for (int unsent = PQflush(connection());; unsent = PQflush(connection())) {
        if (unsent < 0 || (unsent == 0 && !PQisBusy(connection()))) break;
        const auto events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
        if (!wait(connection(), events, deadline)) give_up();
        if (!PQconsumeInput(connection())) break;
    }
    return {PQgetResult(connection()), &PQclear};
}

void PostgresqlSession::give_up() {
    is_given_up_ = true;
    throw soci::postgresql_soci_error("the server does not respond", connection_lost);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
