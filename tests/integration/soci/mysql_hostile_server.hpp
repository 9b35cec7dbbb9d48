#pragma once

#include "integration/private_server.hpp"

#include "databases/mysql_tables.hpp"

#include <string>
#include <string_view>

namespace soci_test {

/// A private server, for hostile defaults.
class HostileServer {
public:
    HostileServer(const std::string& script, const std::string& options)
        : server_(std::string(SERVER_SCRIPTS "/") + script, SERVER_FOLDER "/hostile",
                  {"SERVER_OPTIONS=" + options}),
          admin_(server_.url()) {}

    /// A session opened before any setting was changed.
    Mysql& admin() { return admin_; }
    std::string url_of(const std::string& database) const {
        const std::string& url = server_.url();
        return url.substr(0, url.rfind('/') + 1) + database;
    }

private:
    const PrivateServer server_;
    Mysql admin_;
};

/// Runs the suite's cases about texts in databases whose character sets lack most characters.
void check_databases_of_few_characters(HostileServer& server);

/// Runs the suite with hostile server settings for new sessions.
void check_hostile_settings(HostileServer& server, std::string_view more_settings);

} // namespace soci_test
