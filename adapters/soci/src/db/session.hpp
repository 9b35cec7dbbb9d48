#pragma once

#include "db/query.hpp"
#include "db/table_names.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A connection to the database and the statements prepared on it, which never outlive it.
class Session {
public:
    /// Statements are composed of `fragments`, those of the session's dialect. `table_prefix` goes
    /// before the names of tables, indexes and views in every statement. `keeps_statements` is
    /// false on a host's connection.
    Session(Fragments fragments, std::string table_prefix, bool keeps_statements)
        : fragments_(fragments), table_prefix_(std::move(table_prefix)),
          keeps_statements_(keeps_statements) {}
    virtual ~Session() = default;

    /// Returns the statement with this text and these columns: composed by the first call, prepared
    /// when it is first run. The reference stays valid as long as the session.
    Query& query(const Sql& sql) {
        auto found = queries_.find(sql);
        if (found == queries_.end()) {
            const std::string text = with_prefix(compose(sql, fragments_));
            found = queries_
                        .try_emplace(Key{std::string(sql.text), sql.columns},
                                     make_query({sql.name, text, sql.columns}, keeps_statements_))
                        .first;
        }
        return *found->second;
    }

    /// As query(), for a statement with one of very many texts: it is not kept.
    std::unique_ptr<Query> query_once(const Sql& sql) {
        const std::string text = with_prefix(compose(sql, fragments_));
        return make_query({sql.name, text, sql.columns}, false);
    }

    /// Runs the added statements that were not run yet: see Query::add().
    virtual void run_added() {}

    /// Runs a statement once, without keeping it prepared.
    void run(std::string_view text) {
        const std::string whole = with_prefix(text);
        make_query({"once", whole}, false)->change();
    }

    std::string with_prefix(std::string_view sql) const {
        return with_table_prefix(sql, table_prefix_);
    }

    /// Makes a call that waits for the server fail soon, as if the connection were lost. May be
    /// called from any thread.
    virtual void interrupt() noexcept {}

protected:
    /// Whether statements stay prepared on the connection.
    bool keeps_statements() const noexcept { return keeps_statements_; }
    /// `is_kept` false: not prepared beyond its run.
    virtual std::unique_ptr<Query> make_query(const Sql& sql, bool is_kept) = 0;
    /// For a connection that must outlive its statements, and ends before this.
    void forget_queries() noexcept { queries_.clear(); }

private:
    /// A statement before it is composed. Its list of columns is identified by its address.
    struct Key {
        std::string text;
        Columns columns;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const auto& statement) const noexcept {
            return std::hash<std::string_view>{}(statement.text);
        }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const auto& a, const auto& b) const noexcept {
            return a.text == b.text && a.columns.data() == b.columns.data() &&
                   a.columns.size() == b.columns.size();
        }
    };

    const Fragments fragments_;
    const std::string table_prefix_;
    const bool keeps_statements_;
    std::unordered_map<Key, std::unique_ptr<Query>, Hash, Equal> queries_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
