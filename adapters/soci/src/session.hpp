#pragma once

#include "query.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace asyncjobs::soci_adapter {

/// A connection to the database and the statements prepared on it, which never outlive it.
class Session {
public:
    Session(const soci::backend_factory& factory, const std::string& connect_string)
        : connection_(factory, connect_string) {}

    /// The statement with this text, prepared when it is first run. The reference lives as long as
    /// the session.
    Query& query(const Sql& sql) {
        auto found = queries_.find(sql.text);
        if (found == queries_.end())
            found = queries_.try_emplace(std::string(sql.text), connection_, sql).first;
        return found->second;
    }

    /// Runs a statement once, without keeping it prepared.
    void run(std::string_view text) {
        Query(connection_, {text}).for_each([](Row) {});
    }

    soci::session& connection() noexcept { return connection_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    soci::session connection_;
    std::unordered_map<std::string, Query, Hash, std::equal_to<>> queries_;
};

} // namespace asyncjobs::soci_adapter
