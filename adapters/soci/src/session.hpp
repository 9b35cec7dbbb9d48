#pragma once

#include "query.hpp"
#include "table_names.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A connection to the database and the statements prepared on it, which never outlive it.
class Session {
public:
    /// `table_prefix` goes before the names of tables, indexes and views in every statement.
    Session(const soci::backend_factory& factory, const std::string& connect_string,
            std::string table_prefix = {})
        : table_prefix_(std::move(table_prefix)),
          own_(std::make_unique<soci::session>(factory, connect_string)), connection_(*own_) {}
    /// Over a connection of the host, which must outlive this; keeps no statement on it.
    Session(soci::session& connection, std::string table_prefix)
        : table_prefix_(std::move(table_prefix)), connection_(connection) {}
    virtual ~Session() = default;

    /// Returns the statement with this text, prepared when it is first run. The reference stays
    /// valid as long as the session.
    Query& query(const Sql& sql) {
        auto found = queries_.find(sql.text);
        if (found == queries_.end())
            found = queries_
                        .try_emplace(std::string(sql.text),
                                     make_query({with_prefix(sql.text), sql.columns}))
                        .first;
        return *found->second;
    }

    /// Runs the added statements that were not run yet: see Query::add().
    virtual void run_added() {}

    /// Runs a statement once, without keeping it prepared.
    void run(std::string_view text) {
        SociQuery(connection_, {with_prefix(text)}).for_each([](Row) {});
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
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    const std::string table_prefix_;
    const std::unique_ptr<soci::session> own_; ///< null: the host's connection
    soci::session& connection_;
    std::unordered_map<std::string, std::unique_ptr<Query>, Hash, std::equal_to<>> queries_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
