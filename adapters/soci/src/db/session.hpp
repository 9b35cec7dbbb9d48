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
    /// before the names of tables, indexes and views in every statement.
    Session(const soci::backend_factory& factory, const std::string& connect_string,
            Fragments fragments, std::string table_prefix)
        : fragments_(fragments), table_prefix_(std::move(table_prefix)),
          own_(std::make_unique<soci::session>(factory, connect_string)), connection_(*own_) {}
    /// Over a connection of the host, which must outlive this; keeps no statement on it.
    Session(soci::session& connection, Fragments fragments, std::string table_prefix)
        : fragments_(fragments), table_prefix_(std::move(table_prefix)), connection_(connection) {}
    virtual ~Session() = default;

    /// Returns the statement with this text and these columns: composed by the first call, prepared
    /// when it is first run. The reference stays valid as long as the session.
    Query& query(const Sql& sql) {
        auto found = queries_.find(sql);
        if (found == queries_.end()) {
            const std::string text = with_prefix(compose(sql, fragments_));
            found = queries_
                        .try_emplace(Key{std::string(sql.text), sql.columns},
                                     make_query({sql.name, text, sql.columns}))
                        .first;
        }
        return *found->second;
    }

    /// Runs the added statements that were not run yet: see Query::add().
    virtual void run_added() {}

    /// Runs a statement once, without keeping it prepared.
    void run(std::string_view text) {
        const std::string whole = with_prefix(text);
        SociQuery(connection_, {"once", whole}).for_each([](Row) {});
    }

    std::string with_prefix(std::string_view sql) const {
        return with_table_prefix(sql, table_prefix_);
    }

    soci::session& connection() noexcept { return connection_; }

    /// Makes a call that waits for the server fail soon, as if the connection were lost. May be
    /// called from any thread.
    virtual void interrupt() noexcept {}

protected:
    virtual std::unique_ptr<Query> make_query(const Sql& sql) {
        return std::make_unique<SociQuery>(connection_, sql, keeps_statements());
    }
    bool keeps_statements() const noexcept { return own_ != nullptr; }

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
    const std::unique_ptr<soci::session> own_; ///< null: the host's connection
    soci::session& connection_;
    std::unordered_map<Key, std::unique_ptr<Query>, Hash, Equal> queries_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
