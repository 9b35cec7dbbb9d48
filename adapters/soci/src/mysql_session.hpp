#pragma once

#include "session.hpp"

#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A session with a MySQL or MariaDB server, and what has to be known of it.
class MysqlSession : public Session {
public:
    using Session::Session;

    static MysqlSession& of(Session& session) noexcept {
        return static_cast<MysqlSession&>(session);
    }

    /// In bytes: the server takes no longer statement, and makes no longer text.
    std::size_t max_packet = 0;
    /// An ordinary SELECT sees what others have committed. Otherwise, only a locking one may.
    bool reads_latest = true;
    bool autocommits = true; ///< each statement is a transaction
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
