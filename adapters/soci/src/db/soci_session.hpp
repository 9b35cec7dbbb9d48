#pragma once

#include "db/session.hpp"

#include <memory>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A session whose statements are run by SOCI.
class SociSession : public Session {
public:
    SociSession(const soci::backend_factory& factory, const std::string& connect_string,
                Fragments fragments, std::string table_prefix)
        : Session(fragments, std::move(table_prefix), true),
          connection_(std::make_shared<soci::session>(factory, connect_string)) {}
    /// Over a connection of the host; keeps no statement on it.
    SociSession(std::shared_ptr<soci::session> host, Fragments fragments, std::string table_prefix)
        : Session(fragments, std::move(table_prefix), false), connection_(std::move(host)) {}
    ~SociSession() override { forget_queries(); }

    soci::session& connection() noexcept { return *connection_; }

protected:
    std::unique_ptr<Query> make_query(const Sql& sql, bool is_kept) override {
        return std::make_unique<SociQuery>(*connection_, sql, is_kept);
    }

private:
    const std::shared_ptr<soci::session> connection_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
