#pragma once

#include <asyncjobs/job_store.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

struct StoreOptions {
    /// How long a call waits for another's lock, or for a free session, before it throws
    /// Errc::store_busy. 0 - 10 min.
    TimeSpan busy_timeout = std::chrono::seconds{5};
    /// How long a database server may work on one statement before it is ended with
    /// Errc::store_busy. 1 ms - 1 h. MySQL ends only statements that read; none that brings tables
    /// up to date is ended.
    TimeSpan statement_timeout = std::chrono::seconds{30};
    unsigned readers = 4; ///< 1-64; how many reads run at the same time
    unsigned writers = 8; ///< 1-64; how many writes do; SQLite has one at a time

    /// For tests; empty: the database's clock.
    std::function<Timestamp()> clock = {};
};

/// Opens the store that `url` names, and brings its tables up to date.
///
/// `sqlite:PATH` or `sqlite:PATH?synchronous=LEVEL`: a SQLite database in WAL mode, made if it does
/// not exist. LEVEL is `full` (the default: what was acknowledged survives a power failure),
/// `normal` (survives the end of the process), `extra` or `off`. Several processes of one machine
/// may use it at the same time; PATH must not be on a network file system.
///
/// `postgresql://USER@HOST:PORT/DATABASE?NAME=VALUE&...` or `postgresql:KEY=VALUE KEY=VALUE`, as
/// libpq knows them: PostgreSQL 13 or later, in a database with the encoding UTF8. Also takes
/// `schema=NAME`, made if it does not exist, and `synchronous_commit=LEVEL`; without it the
/// server's level holds, but not `off`. One session more listens for what other processes do;
/// `listen=off` leaves it out, and jobs of others are found by polling. Behind a pooler that gives
/// each transaction any connection, say `pooling=transaction`; that leaves it out, too.
///
/// `mysql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&...`: MySQL 8.0.16 or MariaDB 10.6, or
/// later. Password, port and what follows `?` may be left out, and all names be percent-encoded.
/// Takes `socket=PATH` instead of a host, `ssl_ca`, `ssl_cert` and `ssl_key`, and, in seconds,
/// `connect_timeout` (5) and `timeout` (30): a server that does not answer is given up `timeout`
/// after `busy_timeout` and `statement_timeout` have passed.
///
/// `memory:`: a MemoryJobStore.
///
/// Each database takes `table_prefix=NAME_`, which goes before the names of all tables, indexes and
/// views: stores with different prefixes in one database know nothing of each other.
///
/// Thread-safety  Full, also between processes that open a new database at the same time.
/// Errors         Errc::invalid_argument for a URL or an option that breaks a rule;
///                Errc::store_failure for a file that is no database, one whose tables were made
///                by a newer version of this library, or one that can't keep every text; else as
///                JobStore.
ASYNCJOBS_SOCI_DECL std::unique_ptr<JobStore> open_store(std::string_view url,
                                                         StoreOptions options = {});

/// A step that brings the tables of a store up to date.
struct Migration {
    int version = 0; ///< of the schema, once it is applied
    std::string sql = {};
};

/// What open_store() would apply, oldest first; changes nothing. Errors as open_store().
ASYNCJOBS_SOCI_DECL std::vector<Migration> pending_migrations(std::string_view url);

} // namespace asyncjobs::inline ASYNCJOBS_ABI
