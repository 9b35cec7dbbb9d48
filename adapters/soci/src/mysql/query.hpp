#pragma once

#include "mysql/session.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Throws the client library's error for the latest statement.
[[noreturn]] void throw_mysql_error(MYSQL* connection);

/// Appends `text` as a literal. The session's character set is utf8mb4, in which `'` and `\` are
/// never part of another character.
void append_quoted(std::string& out, const MysqlSession& session, std::string_view text);

/// A statement with its values inlined in its text. An absent `:now` is the time of the call, by
/// the server's clock.
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
    std::size_t now_; ///< the parameter's place; past the end if absent
};

/// Statements that go to the server in one packet: one round trip for all. A session has one such
/// batch.
///
/// If one fails, those after it are not run; its transaction must still be rolled back. A batch too
/// long for a packet is sent in several. In a host's session each statement is sent alone.
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

    /// Sends the pending statements; returns how many rows the last one changed.
    std::size_t run();

    /// As run(), followed by COMMIT. Statements that read must have been run before: an error in
    /// reading a row could not prevent the commit.
    void commit();

    /// Drops the pending statements.
    void forget() noexcept;

private:
    friend class MysqlQuery;
    struct Part {
        MysqlQuery* query; ///< null: it returns no rows
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
    std::exception_ptr thrown_; ///< by the reader of a row
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
