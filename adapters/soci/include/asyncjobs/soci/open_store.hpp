#pragma once

#include <asyncjobs/soci/migration.hpp>
#include <asyncjobs/soci/store_options.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Opens the store that `url` names, and makes or upgrades its tables, if the options allow it.
///
/// `sqlite:PATH` or `sqlite:PATH?synchronous=LEVEL`: a SQLite database in WAL mode, created if
/// absent. LEVEL is `full` (the default: acknowledged writes survive a power failure), `normal`
/// (they survive the end of the process), `extra` or `off`. Several processes of one machine may
/// use it concurrently; PATH must not be on a network file system.
///
/// `postgresql://USER@HOST:PORT/DATABASE?NAME=VALUE&...` or `postgresql:KEY=VALUE KEY=VALUE`, with
/// libpq's parameters: PostgreSQL 13 or later, in a database with the encoding UTF8. Also takes
/// `schema=NAME`, created if absent, and `synchronous_commit=LEVEL`; without it the server's level
/// applies, except `off`. One more session listens for notifications of other processes;
/// `listen=off` omits it, and jobs of other processes are then found by polling. Behind a pooler
/// that gives each transaction any connection, set `pooling=transaction`, which implies
/// `listen=off`.
///
/// `mysql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&...`: MySQL 8.0.16 or MariaDB 10.6, or
/// later. Password, port and the query are optional; all names may be percent-encoded. Takes
/// `socket=PATH` instead of a host, `ssl_ca`, `ssl_cert` and `ssl_key`, and, in seconds,
/// `connect_timeout` (5) and `timeout` (30): a call fails if the server has not responded `timeout`
/// after `busy_timeout` and `statement_timeout` have passed.
///
/// `memory:`: a MemoryJobStore.
///
/// Each database takes `table_prefix=NAME_`, which prefixes the names of all tables, indexes and
/// views: stores with different prefixes in one database are independent.
///
/// Thread-safety  Full, also between processes that open a new database at the same time.
/// Errors         Errc::invalid_argument for a URL or an option that breaks a rule;
///                Errc::schema_mismatch for tables that a newer version of this library or another
///                program made, and for those that the options forbid to make or to upgrade;
///                Errc::store_failure for a file that is no database, and for a database that
///                can't store every text; otherwise as JobStore.
ASYNCJOBS_SOCI_DECL std::unique_ptr<JobStore> open_store(std::string_view url,
                                                         StoreOptions options = {});

/// Returns the migrations that open_store() would apply, oldest first; changes nothing. Errors as
/// open_store().
ASYNCJOBS_SOCI_DECL std::vector<Migration> pending_migrations(std::string_view url);

} // namespace asyncjobs::inline ASYNCJOBS_ABI
