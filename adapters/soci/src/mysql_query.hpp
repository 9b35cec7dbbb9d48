#pragma once

#include "mysql_session.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// What the client library says of the latest statement.
[[noreturn]] void throw_mysql_error(MYSQL* connection);

/// Appends `text` as a literal of the session, whose character set is utf8mb4: its `'` and `\` are
/// never part of another character.
void append_quoted(std::string& out, const MysqlSession& session, std::string_view text);

/// A statement whose values go into its text. An absent `:now` is the time of the call, by the
/// server's clock.
class MysqlQuery final : public Query {
public:
    MysqlQuery(MysqlSession& session, const Sql& sql);

private:
    friend class MysqlBatch;
    std::size_t run(const EachRow& each) override;
    void run_later(EachRow each) override;

    bool asks_for_time() const noexcept;
    void write_to(std::string& out) const;
    void read(MYSQL_RES& rows, const EachRow& each);

    MysqlSession& session_;
    const std::vector<SqlPiece> pieces_;
    std::size_t now_; ///< the parameter's place; past the end if there is none
};

/// Statements that go to the server in one packet and are answered together: one round trip for
/// all. A session has one such batch.
///
/// If one fails, those after it are not run; its transaction is still to be rolled back. What
/// becomes too long for a packet goes in several. In a host's session each statement goes by
/// itself.
class MysqlBatch {
public:
    explicit MysqlBatch(MysqlSession& session) : session_(session) {}

    /// `each(Row)` is called by run() at the latest. A statement may be added several times.
    template <typename Each, typename... Args>
    void add(const Sql& sql, Each each, const Args&... args) {
        auto& query = static_cast<MysqlQuery&>(session_.query(sql));
        query.set_all(args...);
        add(query, std::move(each));
    }
    template <typename... Args>
    void add_change(const Sql& sql, const Args&... args) {
        add(
            sql, [](Row) {}, args...);
    }

    /// Sends what was not sent yet; returns how many rows the last statement changed.
    std::size_t run();

    /// The same, and then COMMIT. What is read must have been run before: a row that is refused
    /// could not keep the transaction from being committed.
    void commit();

    /// Drops what was not sent yet.
    void forget() noexcept;

private:
    friend class MysqlQuery;
    struct Part {
        MysqlQuery* query; ///< null: it answers no rows
        EachRow each;
        bool commits = false;
    };
    void add(MysqlQuery& query, EachRow each);
    void add_part(std::string_view text, Part part);
    void send();
    void read(const Part& part);

    MysqlSession& session_;
    std::string text_;
    std::vector<Part> parts_;
    std::size_t changed_ = 0;
    std::exception_ptr thrown_; ///< by what read a row
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
