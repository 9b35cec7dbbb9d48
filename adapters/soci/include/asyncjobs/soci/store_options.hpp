#pragma once

#include <asyncjobs/time.hpp>

#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Every member is checked by open_store().
struct StoreOptions {
    /// How long a call waits for a lock or a free session before it throws Errc::store_busy.
    /// 0 - 10 min.
    TimeSpan busy_timeout = std::chrono::seconds{5};
    /// How long a database server may run one statement before it is aborted with Errc::store_busy.
    /// 1 ms - 1 h. MySQL aborts only statements that read. Migrations are never aborted.
    TimeSpan statement_timeout = std::chrono::seconds{30};
    unsigned readers = 4; ///< 1-64; concurrent reads
    unsigned writers = 8; ///< 1-64; concurrent writes; SQLite runs one at a time

    /// Whether to make the tables, and SQLite's file, where there are none. False, for tools:
    /// Errc::schema_mismatch instead; Errc::store_unavailable for a missing file.
    bool create = true;
    /// Whether to upgrade the tables of an older version of this library. False, where a deployment
    /// migrates first: Errc::schema_mismatch instead.
    bool migrate = true;

    /// For tests; empty: the database's clock.
    std::function<Timestamp()> clock = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
