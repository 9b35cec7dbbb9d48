#pragma once

#include "postgresql/session.hpp"

#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Returns the server's code of the fault; that of a lost connection if the server sent none.
std::string sqlstate_of(const PGresult& failed);

class PostgresqlQuery final : public Query {
public:
    /// `name` is that of the prepared statement; empty: not kept by the server.
    PostgresqlQuery(PostgresqlSession& session, const Sql& sql, std::string name);

private:
    friend class PostgresqlBatch;
    std::size_t run(const EachRow& each) override;

    bool must_be_prepared() const noexcept { return !name_.empty() && !is_prepared_; }
    bool send_to_prepare();
    bool send();
    void read(const PGresult& result, const EachRow& each);

    PostgresqlSession& session_;
    const std::string text_;
    const std::string name_;
    bool is_prepared_ = false;
    std::vector<const char*> values_;
};

/// Statements sent to the server together: one round trip for all.
///
/// If one fails, those after it are not run. Outside a transaction the batch is a transaction.
class PostgresqlBatch {
public:
    explicit PostgresqlBatch(PostgresqlSession& session);
    ~PostgresqlBatch();
    PostgresqlBatch(const PostgresqlBatch&) = delete;
    PostgresqlBatch& operator=(const PostgresqlBatch&) = delete;

    /// `each(Row)` is called by run(). A statement may be added several times.
    template <typename Each, typename... Args>
    void add(const Sql& sql, Each each, const Args&... args) {
        auto& query = static_cast<PostgresqlQuery&>(session_.query(sql));
        query.set_all(args...);
        add(query, std::move(each));
    }
    void add(PostgresqlQuery& query, EachRow each);

    /// Returns the command tag of the last statement: its name, and how many rows it changed.
    std::string run();

private:
    struct Part {
        PostgresqlQuery* query; ///< null: it begins the transaction
        bool prepares;
        EachRow each;
    };
    void begin_with(const std::string& statement);
    void check_sent(bool sent) const;
    void read(const Part& part, const PGresult& result);
    void end();

    PostgresqlSession& session_;
    std::vector<Part> parts_;
    std::string command_tag_;
    std::string sqlstate_;      ///< of the first that failed
    std::exception_ptr thrown_; ///< by the reader of a row
    bool is_running_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
