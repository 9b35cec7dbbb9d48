#pragma once

#include "db/store_url.hpp"

#include <asyncjobs/time.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The connection of a store to its MySQL or MariaDB server.
struct MysqlOptions {
    std::string host = {};
    unsigned port = 0;       ///< 0: the client library's default
    std::string socket = {}; ///< path of a local server's socket; precedes host and port
    std::string user = {};
    std::string password = {};
    std::string database = {};
    std::string table_prefix = {};
    std::chrono::seconds connect_timeout{5};
    std::chrono::seconds timeout{30}; ///< of one response of the server, beyond the other two
    std::string ssl_ca = {}, ssl_cert = {}, ssl_key = {};

    Duration busy_timeout = {};
    Duration statement_timeout = std::chrono::seconds{30};
    std::size_t writers = 1;
    std::function<Timestamp()> clock = {}; ///< empty: the server's
};

/// Parses `mysql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&...`, where user, password and
/// database may be percent-encoded.
///
/// Throws Error (Errc::invalid_argument), whose text never holds the password.
MysqlOptions mysql_options(const StoreUrl& url);

/// Returns the options in the syntax of SOCI's backend.
std::string connect_string(const MysqlOptions& options);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
